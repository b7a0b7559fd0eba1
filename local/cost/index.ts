import { main } from "../../ops/command";
import { cost } from "./command";

main("cost", cost);
