/** `npm run preflight`: what would go wrong between the source, the model and DMS, before it does. */
import { tables } from "../../model";
import { run } from "./run";

run(process.argv.slice(2), {
  model: tables,
  environment: process.env,
  folder: process.cwd(),
  today: new Date().toISOString().slice(0, 10),
  print: (text) => console.log(text),
  complain: (text) => console.error(text),
}).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);
