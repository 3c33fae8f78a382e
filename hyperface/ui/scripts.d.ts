// What the app's scripts find around them, for the type checker alone: the page never loads this file.

/* ---- what Gradio hands to the script of a component ---- */

/** The component's own element. */
declare const element: HTMLElement;
/** The component's properties; `value` is what Python set. */
declare const props: Record<string, any>;
/** The functions in `server_functions`: each takes one question and answers with JSON. */
declare const server: Record<string, (question?: any) => Promise<any>>;
/** Raise the component's event `name` in Python, with `data`. */
declare function trigger(name: string, data?: object): void;
/** Call back whenever the property `name` changes. */
declare function watch(name: string, callback: () => void): void;

/* ---- what the head of the page offers to all of them ---- */

declare const hyperface: HyperFace;

interface Window {
  hyperface: HyperFace;
  Plotly?: Plotly;
  gradio_config?: { root?: string; api_prefix?: string };
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

/** What Plotly makes of the element that it draws into. */
interface PlotlyElement extends HTMLElement {
  layout?: { scene?: { camera?: object } };
  on(event: string, callback: (event: { points: PlotlyPoint[]; event: MouseEvent }) => void): void;
}

/** How a run is getting on, as `run_view.py` tells it. */
interface RunStatus {
  state: string;
  progress: number;
  message: string;
  seconds_left: number | null;
  can_continue: boolean;
}

/** What is new in a run's folder. */
interface News {
  gone?: string;
  error?: string;
  cursor?: any;
  more?: boolean;
  status: RunStatus;
  [more: string]: any;
}

interface Figure {
  data: object[];
  layout?: object;
}

type Vertices = { x: (number | null)[]; y: (number | null)[]; z: (number | null)[] };

/** Made by common.js; `sphere` by sphere.js. */
interface HyperFace {
  /** The one element inside `element` that `selector` names; an error if there is none. */
  find<Kind extends HTMLElement = HTMLElement>(element: Element, selector: string): Kind;
  plotly(): Promise<Plotly>;
  chart(element: HTMLElement, picked?: ((customdata: any) => void) | null): { draw(figure: Figure): Promise<void> };
  onTheme(element: Element, callback: () => void): void;
  variable(name: string, element?: Element): string;
  series(): string[];
  reducedMotion(): boolean;
  duration(seconds: number | null | undefined): string;
  showProgress(block: HTMLElement, status: RunStatus): void;
  controls(block: HTMLElement, server: Server, name: () => string | null | undefined, again: () => void): void;
  isActive(status: RunStatus | null | undefined): boolean;
  follower(
    element: HTMLElement,
    fetchNews: (question: { run: string; cursor: any }) => Promise<News>,
    apply: (news: News, first: boolean) => void | Promise<void>,
    pauses?: { interval?: number; idle?: number },
  ): (name: string | null | undefined) => Promise<void>;
  sphere: {
    background(): object[];
    arc(a: number[], b: number[], steps?: number): number[][];
    inSoftware(): boolean;
  };
}

type Server = Record<string, (question?: any) => Promise<any>>;
