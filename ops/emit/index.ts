/** `npm run emit`: sends rows of raw to the lake again. */
import { main } from "../command";
import { emit } from "./run";

main("emit", emit);
