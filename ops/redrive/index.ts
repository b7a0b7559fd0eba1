/** `npm run redrive`: what could not be taken, and putting it back. */
import { main } from "../command";
import { redrive } from "./run";

main("redrive", redrive);
