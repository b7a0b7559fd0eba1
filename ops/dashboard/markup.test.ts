import { markup } from "./markup";

test("what is put in is escaped, between tags and in attributes", () => {
  const name = `<script>alert("1")</script> & 'co'`;
  expect(markup`<b title="${name}">${name}</b>`.text).toBe(
    '<b title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;">' +
      "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39;</b>",
  );
});

test("what it made itself goes in as it is, alone or as a list", () => {
  const items = ["a", "<"].map((item) => markup`<li>${item}</li>`);
  expect(markup`<ul>${items}</ul>${markup`<hr>`}${0}`.text).toBe("<ul><li>a</li><li>&lt;</li></ul><hr>0");
});
