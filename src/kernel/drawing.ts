/** A picture as data, in points from its upper left corner: the same one is written as SVG and into a PDF. */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

/** Colours are `#rrggbb`; what comes later lies on top. */
export type Shape = Rectangle | Line | Dot | Words;

export interface Rectangle {
  readonly kind: 'rectangle';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
}

export interface Line {
  readonly kind: 'line';
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly stroke: string;
  readonly width: number;
}

export interface Dot {
  readonly kind: 'dot';
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly fill: string;
}

/** One line of text; `y` is where its letters stand, `size` their height. */
export interface Words {
  readonly kind: 'words';
  readonly x: number;
  readonly y: number;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly size: number;
  readonly words: string;
}
