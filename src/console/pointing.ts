/**
 * Pointing at text shows its place on the page, and the other way round. Elements of both carry the same `data-ref`
 * ("3" a block, "3.2" a line or cell, "3.2.5" a word); classes are set on them directly, as a page has thousands and
 * the pointer moves often.
 */

const POINTED = 'is-pointed';
const CHOSEN = 'is-chosen';

export interface Pointing {
  /** Marks it until another is chosen, and brings it into view on both sides. */
  choose(ref: string | undefined): void;
  chosen(): string | undefined;
  /** Brings it into view on both sides. */
  reveal(ref: string): void;
  close(): void;
}

export function linkPointing(root: HTMLElement): Pointing {
  let pointed: string | undefined;
  let chosen: string | undefined;
  const mark = (ref: string | undefined, name: string, isOn: boolean) => {
    for (const element of elementsOf(root, ref)) element.classList.toggle(name, isOn);
  };
  const reveal = (ref: string | undefined) => {
    for (const element of elementsOf(root, ref)) element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const choose = (ref: string | undefined) => {
    mark(chosen, CHOSEN, false);
    chosen = ref;
    mark(chosen, CHOSEN, true);
    reveal(chosen);
  };
  const onPoint = ({ target }: Event) => {
    const ref = refAt(target);
    if (ref === pointed) return;
    mark(pointed, POINTED, false);
    pointed = ref;
    mark(pointed, POINTED, true);
  };
  const onClick = ({ target }: Event) => {
    // Selecting text is no click.
    if (getSelection()?.isCollapsed === false) return;
    const ref = refAt(target);
    if (ref !== undefined) choose(ref);
  };
  root.addEventListener('pointerover', onPoint);
  root.addEventListener('pointerleave', onPoint);
  root.addEventListener('click', onClick);
  return {
    choose,
    reveal,
    chosen: () => chosen,
    close() {
      root.removeEventListener('pointerover', onPoint);
      root.removeEventListener('pointerleave', onPoint);
      root.removeEventListener('click', onClick);
    },
  };
}

function refAt(target: EventTarget | null): string | undefined {
  const element = target instanceof Element ? target.closest('[data-ref]') : null;
  return element?.getAttribute('data-ref') ?? undefined;
}

function elementsOf(root: HTMLElement, ref: string | undefined): Element[] {
  return ref === undefined ? [] : [...root.querySelectorAll(`[data-ref="${CSS.escape(ref)}"]`)];
}
