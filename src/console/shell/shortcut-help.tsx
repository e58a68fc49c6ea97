/** List of all shortcuts, from the registry. */

import { Dialog } from '../components/dialog.js';
import { CheckField } from '../components/field.js';
import { commands, oneKeyShortcuts, setOneKeyShortcuts } from '../keyboard/shortcuts.js';
import { Keys } from './command-palette.js';

export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const withKeys = commands.value.filter(({ keys }) => keys !== undefined);
  const groups = [...new Set(withKeys.map(({ group }) => group))];
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <div class="shortcuts">
        {groups.map((group) => (
          <>
            <h3 key={group}>{group}</h3>
            {withKeys
              .filter((each) => each.group === group)
              .map(({ id, title, keys = '' }) => (
                <>
                  <span key={id}>{title}</span>
                  <Keys keys={keys} />
                </>
              ))}
          </>
        ))}
      </div>
      <CheckField
        label="Shortcuts without Ctrl or ⌘"
        description="Turn them off if speech input or a slip of the hand triggers them."
        value={oneKeyShortcuts.value}
        onInput={setOneKeyShortcuts}
      />
    </Dialog>
  );
}
