import { render } from "preact";
import { Desk } from "./desk.ts";
import { Frame } from "./frame.tsx";
import "../shared/reset.css";
import "./style/base.css";
import "./style/frame.css";
import "./style/list.css";
import "./style/task.css";
import "./style/forms.css";

const desk = new Desk();
const place = document.getElementById("app") as HTMLElement;

render(<Frame desk={desk} />, place);
void desk.open();
