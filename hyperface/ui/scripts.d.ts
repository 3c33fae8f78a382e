// What the app's scripts find around them, for the type checker alone: the page never loads this file.

/** Where the server has plotly.js; filled in when the page is built. */
declare const PLOTLY_PATH: string;

interface Window {
  Plotly?: Plotly;
  gradio_config?: { root?: string; api_prefix?: string };
}

/**
 * What Gradio hands to the script of a component.
 *
 * Value: the component's. Server: its `server_functions`; each takes one question and answers with JSON.
 */
interface View<Value, Server = object> {
  /** The component's own element. */
  element: HTMLElement;
  /** The component's properties; `value` is what Python set. */
  props: { value: Value };
  server: Server;
  /** Raise the component's event `name` in Python, with `data`. */
  trigger(name: string, data?: object): void;
  /** Call back whenever the property `name` changes. */
  watch(name: string, callback: () => void): void;
}

/** The part of plotly.js that is used. */
interface Plotly {
  react(element: Element, data: object[], layout: object, config?: object): Promise<void>;
  restyle(element: Element, update: object, traces: number[]): Promise<void>;
  purge(element: Element): void;
}

/** A point of a chart under the pointer. */
interface PlotlyPoint {
  curveNumber: number;
  pointNumber: number;
  customdata?: unknown;
  x?: unknown;
}

/** What a chart leads to: a click on a point that has customdata; the x under the pointer; a range of x that was brushed,
 * null when it is given up. */
interface ChartEvents {
  picked?: (customdata: unknown) => void;
  hovered?: (x: number) => void;
  brushed?: (range: [number, number] | null) => void;
}

/** Points under the pointer, and where the pointer is. */
interface PlotlyHover {
  points: PlotlyPoint[];
  event: MouseEvent;
  range?: { x?: [number, number] };
}

/** What Plotly makes of the element that it draws into. */
interface PlotlyElement extends HTMLElement {
  layout?: { scene?: { camera?: object } };
  on(event: string, callback: (event: PlotlyHover) => void): void;
}

/** How a run is getting on, as `status_news` of run_view.py tells it. */
interface RunStatus {
  state: string;
  active: boolean;
  title: string;
  text: string;
  progress: number;
  can_continue: boolean;
}

/** What every piece of news about a run holds; a view's own news say more. */
interface News {
  status: RunStatus;
  /** Handed back with the next question. */
  cursor?: unknown;
  /** There is more already. */
  more?: boolean;
  gone?: undefined;
  error?: undefined;
}

/** The answer where there is no news. */
interface Refusal {
  /** The run is no longer there, and is not asked for again. */
  gone?: string;
  error?: string;
  status?: undefined;
  cursor?: unknown;
  more?: undefined;
}

/** `server_functions` of a view that follows a run. */
interface NewsServer<N extends News> {
  news(question: { run: string; cursor: unknown }): Promise<N | Refusal>;
}

/** Those behind the buttons of the progress block: `control_functions` of run_view.py. */
interface ControlServer {
  stop(question: { run: string | null }): Promise<{ error?: string }>;
  resume(question: { run: string | null }): Promise<{ error?: string }>;
}

/** How a portrait is taken: degrees, and an age from 0 to 1. */
interface Sitting {
  yaw: number;
  pitch: number;
  light: number;
  age: number;
}

/** What is asked for in one picture of the person `who`. */
interface PortraitQuestion extends Sitting {
  who: object | null;
  fine: boolean;
  expression: string | null;
  /** A view to keep, not to show. */
  aside?: boolean;
}

/** Who is enlarged, where the sliders start, and the expressions on offer. */
interface Beginning {
  title: string;
  note: string;
  sitting: Sitting;
  expressions: string[];
  error?: undefined;
}

/** `server_functions` of portrait_view.py. */
interface PortraitServer {
  begin(question: { who: object }): Promise<Beginning | { error: string }>;
  draw(question: PortraitQuestion): Promise<{ error?: undefined; image: string } | { error: string }>;
  compare(question: { who: object }): Promise<{ error?: undefined; html: string } | { error: string }>;
}

interface Figure {
  data: object[];
  layout?: object;
}

interface Chart {
  draw(figure: Figure | null): Promise<void>;
}

/** A figure of every step; null where a step lacks it. */
type Column = (number | null)[];
