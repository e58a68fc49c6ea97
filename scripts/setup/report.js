/** Output of set-up: one line for each step, and the progress of a long step. */

/**
 * @typedef {{ update(done: number): void; end(): void }} Progress
 * @typedef {{ line(text: string): void; progress(total: number, unit: 'bytes' | 'packages'): Progress }} Report
 */

const BAR_WIDTH = 28;
/** Without a terminal, the progress is printed at each tenth. */
const PLAIN_STEPS = 10;

/** @param {number} bytes */
const megabytes = (bytes) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);

/**
 * Returns a report with a progress bar if `stream` is a terminal, and with plain lines otherwise.
 * @param {NodeJS.WritableStream & { isTTY?: boolean }} stream
 * @returns {Report}
 */
export function createReport(stream) {
  return {
    line: (text) => void stream.write(`${text}\n`),
    progress(total, unit) {
      let drawn = -1;
      /** @param {number} done */
      const amount = (done) =>
        unit === 'bytes' ? `${megabytes(done)} of ${megabytes(total)} MB` : `${done} of ${total} ${unit}`;
      return {
        update(value) {
          const done = Math.min(value, total);
          const share = total > 0 ? done / total : 1;
          if (stream.isTTY) {
            const filled = Math.round(share * BAR_WIDTH);
            const bar = `${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}`;
            stream.write(`\r  [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${amount(done)}\x1b[K`);
            drawn = share;
            return;
          }
          const step = Math.floor(share * PLAIN_STEPS);
          if (step <= Math.max(drawn, 0)) return;
          drawn = step;
          stream.write(`  ${Math.floor(share * 100)} %, ${amount(done)}\n`);
        },
        end() {
          if (stream.isTTY && drawn >= 0) stream.write('\r\x1b[K');
        },
      };
    },
  };
}
