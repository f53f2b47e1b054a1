/** What a person sees of running steps, on standard error: one line a finished step, and on a terminal what runs now. */

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const ERASE_LINE = '\r\x1b[2K';

/** @param {NodeJS.WriteStream} stream */
export function createProgress(stream) {
  const running = new Map();
  let timer;
  let frame = 0;

  const seconds = (since) => `${Math.round((performance.now() - since) / 1000)} s`;
  const erase = () => stream.isTTY && stream.write(ERASE_LINE);
  const draw = () => {
    if (!stream.isTTY || running.size === 0) return;
    const steps = [...running].map(([title, since]) => `${title} ${seconds(since)}`).join(' · ');
    const line = `${FRAMES[frame++ % FRAMES.length]} ${steps}`;
    stream.write(`${ERASE_LINE}${line.slice(0, (stream.columns || 80) - 1)}`);
  };

  return {
    /** @param {string} title */
    start(title) {
      running.set(title, performance.now());
      timer ??= stream.isTTY ? setInterval(draw, FRAME_MS) : undefined;
      draw();
    },
    /** Ends the step with its line, or without one when it failed: the failure is told by its own sentence. */
    end(title, succeeded) {
      const since = running.get(title);
      running.delete(title);
      erase();
      if (succeeded) stream.write(`setup: ${title} (${seconds(since)})\n`);
      if (running.size === 0) {
        clearInterval(timer);
        timer = undefined;
      }
      draw();
    },
    /** @param {string} line */
    say(line) {
      erase();
      stream.write(`setup: ${line}\n`);
      draw();
    },
  };
}
