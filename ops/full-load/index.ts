/** `npm run full-load`: loads tables of the monolith into the lake by hand. */
import { main } from "../command";
import { fullLoad } from "./run";

main("full-load", fullLoad);
