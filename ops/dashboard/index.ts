/** `npm run dashboard`: every KPI as a chart, on a page of one's own or in a file. */
import { main } from "../command";
import { dashboard } from "./run";

main("dashboard", dashboard);
