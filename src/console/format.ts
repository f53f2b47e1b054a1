/** Numbers and times as people write them where they are. */

const NUMBER = new Intl.NumberFormat();
const SHORT = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });
const TIME = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const DAY_AND_TIME = new Intl.DateTimeFormat(undefined, {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

export const formatNumber = (value: number): string => NUMBER.format(value);
export const formatShort = (value: number): string => SHORT.format(value);
export const formatPercent = (fraction: number): string => PERCENT.format(fraction);

/** Of today, the time alone. */
export function formatTime(epochMs: number): string {
  const isToday = new Date(epochMs).toDateString() === new Date().toDateString();
  return (isToday ? TIME : DAY_AND_TIME).format(epochMs);
}

export function formatSeconds(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_000_000) return `${NUMBER.format(Math.max(1, Math.round(bytes / 1_000)))} kB`;
  const [value, unit] = bytes < 1_000_000_000 ? [bytes / 1e6, 'MB'] : [bytes / 1e9, 'GB'];
  return `${NUMBER.format(Number(value.toFixed(1)))} ${unit}`;
}

export function plural(count: number, noun: string): string {
  return `${NUMBER.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}
