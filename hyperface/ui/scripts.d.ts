// What the app's scripts find around them, for the type checker alone: the page never loads this file.

/** Where the server has plotly.js; filled in when the page is built. */
declare const PLOTLY_PATH: string;

interface Window {
  Plotly?: Plotly;
  gradio_config?: { root?: string; api_prefix?: string };
}

/** The functions in a component's `server_functions`: each takes one question and answers with JSON. */
type Server = Record<string, (question?: any) => Promise<any>>;

/** What Gradio hands to the script of a component. */
interface View {
  /** The component's own element. */
  element: HTMLElement;
  /** The component's properties; `value` is what Python set. */
  props: Record<string, any>;
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
}

/** A point of a chart under the pointer. */
interface PlotlyPoint {
  curveNumber: number;
  pointNumber: number;
  customdata?: any;
}

/** Points under the pointer, and where the pointer is. */
interface PlotlyHover {
  points: PlotlyPoint[];
  event: MouseEvent;
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

/** What is new in a run's folder; `status` is there unless the run is gone. */
interface News {
  gone?: string;
  error?: string;
  cursor?: any;
  more?: boolean;
  [more: string]: any;
}

interface Figure {
  data: object[];
  layout?: object;
}

interface Chart {
  draw(figure: Figure): Promise<void>;
}

type Point = [number, number, number];
type Vertices = { x: (number | null)[]; y: (number | null)[]; z: (number | null)[] };
