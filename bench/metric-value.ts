/** The value of one series in Prometheus' text format, written as it stands there, such as `x_total{event="y"}`. 0 when it is not there. */
export function metricValue(text: string, series: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? 0 : Number(line.slice(series.length + 1));
}
