import { render } from "preact";
import { App } from "./app.ts";
import { Frame } from "./frame.tsx";
import "../shared/reset.css";
import "./style.css";

const app = new App();
const place = document.getElementById("app") as HTMLElement;

render(<Frame app={app} />, place);
void app.open();
if ("serviceWorker" in navigator) void navigator.serviceWorker.register("./sw.js");
