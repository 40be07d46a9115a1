// https://www.w3.org/TR/xmlschema-2/ : the simple types that the message standards use.

const date = /^-?(\d{4})-(\d{2})-(\d{2})(Z|[+-]\d{2}:\d{2})?$/;
const dateTime = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;
const time = /^(\d{2}):(\d{2}):(\d{2})(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/;

function isDate(text: string): boolean {
  const [, year, month, day] = date.exec(text) ?? [];
  if (year === undefined) return false;
  const last = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= last;
}

const inDay = (hour: string, minute: string, second: string): boolean =>
  Number(minute) < 60 && Number(second) < 60 && (Number(hour) < 24 || `${hour}${minute}${second}` === '240000');

function isDateTime(text: string): boolean {
  const [, day, hour, minute, second] = dateTime.exec(text) ?? [];
  return day !== undefined && isDate(day) && inDay(hour!, minute!, second!);
}

function isTime(text: string): boolean {
  const [, hour, minute, second] = time.exec(text) ?? [];
  return hour !== undefined && inDay(hour, minute!, second!);
}

const checks: Readonly<Record<string, (text: string) => boolean>> = {
  boolean: (text) => /^(true|false|0|1)$/.test(text),
  integer: (text) => /^[+-]?\d+$/.test(text),
  INT: (text) => /^[+-]?\d+$/.test(text),
  decimal: (text) => /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text),
  double: (text) => /^([+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|NaN)$/.test(text),
  date: isDate,
  dateTime: isDateTime,
  time: isTime,
  gYear: (text) => /^-?\d{4}(Z|[+-]\d{2}:\d{2})?$/.test(text),
  gYearMonth: (text) => /^-?\d{4}-(0[1-9]|1[0-2])(Z|[+-]\d{2}:\d{2})?$/.test(text),
  base64Binary: (text) => {
    const packed = text.replace(/\s/g, '');
    return packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed);
  },
};

/** Attribute `V` of the coded and timed types: `TS` any of five, `PQ` a number, `BL` true or false. */
const values: Readonly<Record<string, (text: string) => boolean>> = {
  TS: (text) => ['dateTime', 'date', 'gYear', 'gYearMonth', 'time'].some((name) => checks[name]!(text)),
  PQ: (text) => checks['double']!(text),
  BL: (text) => text === 'true' || text === 'false',
};

/** May the text of an element have that type? Types that are not simple have no rule. */
export const textFits = (type: string, text: string): boolean => checks[type]?.(text) ?? true;

/** May attribute `V` have that value in an element of the type? */
export const valueFits = (type: string, value: string): boolean => values[type]?.(value) ?? true;

export const isSimple = (type: string): boolean => type in checks || type === 'text';
export const isCoded = (type: string): boolean => ['CV', 'CS', 'URL', 'MO', ...Object.keys(values)].includes(type);
