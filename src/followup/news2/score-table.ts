/**
 * NEWS2, the National Early Warning Score 2. Reproduced from: Royal College of Physicians. National Early Warning Score
 * (NEWS) 2: Standardising the assessment of acute-illness severity in the NHS. Updated report of a working party.
 * London: RCP, 2017. https://www.rcp.ac.uk/resources/national-early-warning-score-news-2/
 */
import type { Range } from '../ruleset/grammar.js';
import { roundHalfUp } from '../units/exact-decimal.js';
import { decimalOf, inRange } from '../units/range.js';

/** The seven parameters, all of them needed. */
export const news2Parameters = [
  'respiration',
  'saturation',
  'oxygen',
  'systolic',
  'pulse',
  'consciousness',
  'temperature',
] as const;
export type News2Parameter = (typeof news2Parameters)[number];

/** Scale 2 is for a confirmed hypercapnic respiratory failure with a prescribed target of 88–92 %, and for nobody else. */
export type News2Scale = 'scale-1' | 'scale-2';

/** Points 0 to 3. */
export type Points = 0 | 1 | 2 | 3;

/** Numbers as decimal strings: breaths/min, %, mm[Hg], beats/min, Cel. */
export interface News2Values {
  readonly respiration: string;
  readonly saturation: string;
  readonly oxygen: 'air' | 'oxygen';
  readonly systolic: string;
  readonly pulse: string;
  readonly consciousness: 'alert' | 'altered';
  readonly temperature: string;
}

export interface News2Score {
  /** 0 to 20 */
  readonly total: number;
  readonly points: Readonly<Record<News2Parameter, Points>>;
}

type Table = readonly (readonly [Points, Range])[];

const respiration: Table = [
  [3, { le: '8' }],
  [1, { ge: '9', le: '11' }],
  [0, { ge: '12', le: '20' }],
  [2, { ge: '21', le: '24' }],
  [3, { ge: '25' }],
];
const saturationScale1: Table = [
  [3, { le: '91' }],
  [2, { ge: '92', le: '93' }],
  [1, { ge: '94', le: '95' }],
  [0, { ge: '96' }],
];
const saturationScale2Low: Table = [
  [3, { le: '83' }],
  [2, { ge: '84', le: '85' }],
  [1, { ge: '86', le: '87' }],
  [0, { ge: '88', le: '92' }],
];
const saturationScale2: Readonly<Record<News2Values['oxygen'], Table>> = {
  air: [...saturationScale2Low, [0, { ge: '93' }]],
  oxygen: [...saturationScale2Low, [1, { ge: '93', le: '94' }], [2, { ge: '95', le: '96' }], [3, { ge: '97' }]],
};
const systolic: Table = [
  [3, { le: '90' }],
  [2, { ge: '91', le: '100' }],
  [1, { ge: '101', le: '110' }],
  [0, { ge: '111', le: '219' }],
  [3, { ge: '220' }],
];
const pulse: Table = [
  [3, { le: '40' }],
  [1, { ge: '41', le: '50' }],
  [0, { ge: '51', le: '90' }],
  [1, { ge: '91', le: '110' }],
  [2, { ge: '111', le: '130' }],
  [3, { ge: '131' }],
];
const temperature: Table = [
  [3, { le: '35.0' }],
  [1, { ge: '35.1', le: '36.0' }],
  [0, { ge: '36.1', le: '38.0' }],
  [1, { ge: '38.1', le: '39.0' }],
  [2, { ge: '39.1' }],
];

/** The score of a complete set. Values are rounded HALF_UP to whole numbers, temperature to tenths, as the chart has them. */
export function news2Score(values: News2Values, scale: News2Scale): News2Score {
  const saturation = scale === 'scale-1' ? saturationScale1 : saturationScale2[values.oxygen];
  const points: Record<News2Parameter, Points> = {
    respiration: pointsOf(respiration, values.respiration, 0),
    saturation: pointsOf(saturation, values.saturation, 0),
    oxygen: values.oxygen === 'oxygen' ? 2 : 0,
    systolic: pointsOf(systolic, values.systolic, 0),
    pulse: pointsOf(pulse, values.pulse, 0),
    consciousness: values.consciousness === 'alert' ? 0 : 3,
    temperature: pointsOf(temperature, values.temperature, 1),
  };
  const total = news2Parameters.reduce((sum, name) => sum + points[name], 0);
  return { total, points };
}

function pointsOf(table: Table, value: string, decimals: number): Points {
  const rounded = roundHalfUp(decimalOf(value), decimals);
  // the tables cover every number with so many decimals
  return table.find(([, range]) => inRange(rounded, range))![0];
}
