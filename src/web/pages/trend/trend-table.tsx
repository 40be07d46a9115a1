import type { JSX } from 'preact';
import { useApp } from '../app/context.js';
import { Sign } from '../app/signs.js';
import { clockWords, dateWords, localDay, numberText } from '../words/dates.js';
import { colourWords } from '../words/page-words.js';
import { trendWords } from '../words/trend-words.js';
import { MeasuredHow } from './chart.js';
import { worstZoneAt } from './limits.js';
import type { Reading, Series } from './series.js';
import { firstFrom } from './statistics.js';

/** Days that are shown at most: a table of thousands of rows is read by nobody. */
const mostDays = 400;

interface Row {
  readonly day: string;
  readonly at: number;
  /** Per series. */
  readonly cells: readonly (readonly Reading[])[];
}

/** The same as the charts, as figures: a row per day, the newest first. */
export function TrendTable({
  series,
  from,
}: {
  readonly series: readonly Series[];
  readonly from: number;
}): JSX.Element {
  const { say, language } = useApp();
  const rows = rowsOf(series, from);
  const shown = rows.slice(0, mostDays);
  if (rows.length === 0) return <p class="empty">{say(trendWords.nothing)}</p>;
  return (
    <div class="card">
      <div class="table-wrap" tabIndex={0} role="region" aria-label={say(trendWords.table)}>
        <table class="readings">
          <thead>
            <tr>
              <th scope="col">{say(trendWords.time)}</th>
              {series.map(({ key, title, unit }) => (
                <th key={key} scope="col">
                  {title} <span class="soft">{unit}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map(({ day, at, cells }) => (
              <tr key={day}>
                <th scope="row">{dateWords(at, language)}</th>
                {cells.map((readings, index) => (
                  <td key={series[index]!.key}>
                    {readings.map((reading) => (
                      <Cell key={reading.source} series={series[index]!} reading={reading} />
                    ))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length && (
        <p class="small soft">{say(trendWords.truncated, { n: shown.length, all: rows.length })}</p>
      )}
    </div>
  );
}

function Cell({ series, reading }: { readonly series: Series; readonly reading: Reading }): JSX.Element {
  const { say, language } = useApp();
  const zone = worstZoneAt(series, reading);
  return (
    <span class="reading">
      {reading.values
        .map((value) => (value === undefined ? '–' : numberText(value, series.decimals, language)))
        .join('/')}
      {zone !== undefined && zone !== 'green' && (
        <>
          {' '}
          <Sign colour={zone} />
          <span class="seen-not">{say(colourWords[zone])}</span>
        </>
      )}{' '}
      <span class="soft small">{clockWords(reading.at, language)}</span>{' '}
      <MeasuredHow series={series} reading={reading} />
    </span>
  );
}

function rowsOf(series: readonly Series[], from: number): readonly Row[] {
  const days = new Map<string, { at: number; cells: Reading[][] }>();
  series.forEach(({ readings }, index) => {
    for (const reading of readings.slice(firstFrom(readings, from))) {
      const day = localDay(reading.at);
      let row = days.get(day);
      if (row === undefined) days.set(day, (row = { at: reading.at, cells: series.map(() => []) }));
      row.cells[index]!.push(reading);
    }
  });
  return [...days].map(([day, row]) => ({ day, ...row })).toSorted((a, b) => (a.day < b.day ? 1 : -1));
}
