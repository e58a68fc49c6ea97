/** Drop zone for files and folders; a click or Enter opens the file dialog. Pasted files count too if `paste` is set. */
import './file-drop.css';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.js';

type Props = Readonly<{
  /** Called with the files, each with its path: `cats/1.png` for a file of a dropped folder. */
  onFiles: (files: readonly DroppedFile[]) => void;
  label: string;
  /** Accepted types, as in `<input accept>`: `image/*`. */
  accept?: string;
  multiple?: boolean;
  paste?: boolean;
  children?: ComponentChildren;
}>;

export type DroppedFile = Readonly<{ file: File; path: string }>;

export function FileDrop({ onFiles, label, accept, multiple = true, paste = false, children }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    if (!paste) return;
    const onPaste = (event: ClipboardEvent): void => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) onFiles(files.map(withPath));
    };
    document.addEventListener('paste', onPaste);
    return () => document.removeEventListener('paste', onPaste);
  }, [paste, onFiles]);
  return (
    <div
      class={isOver ? 'drop drop-over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer) void filesOf(event.dataTransfer).then(onFiles);
      }}
    >
      <button type="button" class="drop-button" onClick={() => input.current?.click()}>
        <Icon name="upload" size={20} />
        <span>{label}</span>
      </button>
      {children}
      <input
        ref={input}
        type="file"
        hidden
        accept={accept}
        multiple={multiple}
        aria-label={label}
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])].map(withPath));
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}

const withPath = (file: File): DroppedFile => ({ file, path: file.webkitRelativePath || file.name });

/** Returns the files of a drop, those in folders too. */
async function filesOf({ items, files }: DataTransfer): Promise<DroppedFile[]> {
  // All entries at once: the list is empty after the first pause.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return [...files].map(withPath);
  return (await Promise.all(entries.map(walk))).flat();
}

async function walk(entry: FileSystemEntry): Promise<DroppedFile[]> {
  const path = entry.fullPath.replace(/^\//, '');
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ file, path }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const found: FileSystemEntry[] = [];
  for (;;) {
    // A reader returns at most 100 entries at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(walk))).flat();
}
