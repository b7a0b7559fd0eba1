/** `npm run backfill`: loads what a service follows once more through the stream. */
import { main } from "../command";
import { backfill } from "./run";

main("backfill", backfill);
