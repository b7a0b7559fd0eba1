import { testDms, type TestDms } from "./testing";

let dms: TestDms;
beforeAll(async () => {
  dms = await testDms();
}, 30_000);
afterAll(() => dms.close());

test("a load and the changes after it, as captured from DMS", async () => {
  await dms.sql(`create table foo (id int primary key, name text, age int, attributes jsonb)`);
  await dms.sql(`insert into foo values (42, 'John', 30, '{"foo": "bar"}')`);
  await dms.task({
    tables: ["foo"],
    settings: { BeforeImageSettings: { EnableBeforeImage: true, FieldName: "before-image" } },
  });
  await dms.stream.until((messages) => messages.some(({ metadata }) => metadata["operation"] === "load"));
  await dms.sql(`update foo set id = 45 where id = 42`);
  await dms.sql(`delete from foo where id = 45`);
  const messages = await dms.stream.until((all) => all.some(({ metadata }) => metadata["operation"] === "delete"));
  expect(messages.slice(-3).map(({ data, "before-image": image }) => ({ data, image }))).toEqual([
    { data: { age: 30, attributes: '{"foo": "bar"}', id: 42, name: "John" } },
    { data: { age: 30, attributes: '{"foo": "bar"}', id: 45, name: "John" }, image: { id: 42 } },
    { data: { age: null, attributes: null, id: 45, name: null } },
  ]);
});
