/** `npm run query`: a KPI or any SQL on the lake, as a table in the terminal. */
import { main } from "../command";
import { query } from "./run";

main("query", query);
