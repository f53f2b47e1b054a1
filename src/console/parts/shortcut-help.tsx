/** The list of keys, on `?`. */
import { helpIsOpen, SHORTCUT_HELP, shortcutsAreOn, useShortcuts } from '../shortcuts.js';
import { Dialog } from './dialog.js';

export function ShortcutHelp() {
  useShortcuts({
    '?': () => {
      helpIsOpen.value = true;
    },
  });
  if (!helpIsOpen.value) return null;
  const close = () => {
    helpIsOpen.value = false;
  };
  return (
    <Dialog title="Keyboard" onClose={close}>
      <dl class="keys">
        {SHORTCUT_HELP.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={shortcutsAreOn.value}
          onChange={({ currentTarget }) => {
            shortcutsAreOn.value = currentTarget.checked;
          }}
        />
        Single keys do something
      </label>
      <div class="dialog-actions">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
