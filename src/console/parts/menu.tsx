/** A button that opens a list of actions; closed by choosing, by Escape and by a click elsewhere. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

export function Menu({ label, children }: { label: string; children: ComponentChildren }) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = () => menu.current?.removeAttribute('open');
    const onClick = ({ target }: MouseEvent) => {
      const summary = menu.current?.querySelector('summary');
      if (target instanceof Node && summary?.contains(target) === true) return;
      close();
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || menu.current?.open !== true) return;
      close();
      menu.current.querySelector('summary')?.focus();
    };
    document.addEventListener('click', onClick);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('click', onClick);
      document.removeEventListener('keydown', onKey);
    };
  }, []);
  return (
    <details ref={menu} class="menu">
      <summary class="button">{label}</summary>
      <div class="menu-items">{children}</div>
    </details>
  );
}
