/** Buttons of a chart: chart or table, and copy its data as CSV. */
import { Button } from './button.js';
import { copyText } from './clipboard.js';

export type ChartView = 'chart' | 'table';

export function ChartActions({ view, csv }: { view: { value: ChartView }; csv: () => string }) {
  const isChart = view.value === 'chart';
  return (
    <>
      <Button
        kind="quiet"
        small
        icon={isChart ? 'table' : 'chart'}
        label={isChart ? 'Show as table' : 'Show as chart'}
        onClick={() => (view.value = isChart ? 'table' : 'chart')}
      />
      <Button
        kind="quiet"
        small
        icon="copy"
        label="Copy data as CSV"
        onClick={() => void copyText(csv(), 'Copied as CSV')}
      />
    </>
  );
}
