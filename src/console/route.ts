/** Where in the console one is: the part of the address behind `#`, which never reaches the server. */
import { signal } from '@preact/signals';

export type Route =
  | { readonly view: 'documents' }
  | { readonly view: 'document'; readonly jobId: string; readonly pageNumber: number | undefined }
  | { readonly view: 'usage' }
  | { readonly view: 'admin' };

export const route = signal(parseRoute(location.hash));

window.addEventListener('hashchange', () => {
  route.value = parseRoute(location.hash);
});

export function parseRoute(hash: string): Route {
  const [view, id, page] = hash.replace(/^#?\/?/, '').split('/');
  if (view === 'jobs' && id !== undefined && /^[\w-]+$/.test(id)) {
    const pageNumber = page !== undefined && /^[1-9]\d{0,5}$/.test(page) ? Number(page) : undefined;
    return { view: 'document', jobId: id, pageNumber };
  }
  if (view === 'usage' || view === 'admin') return { view };
  return { view: 'documents' };
}

export function documentPath(jobId: string, pageNumber?: number): string {
  return `#/jobs/${jobId}${pageNumber === undefined ? '' : `/${pageNumber}`}`;
}

/** Leaves no trace in the history: going back leads out of the document. */
export function showPage(jobId: string, pageNumber: number): void {
  history.replaceState(null, '', documentPath(jobId, pageNumber));
  route.value = { view: 'document', jobId, pageNumber };
}
