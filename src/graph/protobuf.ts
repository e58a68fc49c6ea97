/** Writers of nested protobuf fields: a message and an entry of a map. */
import type { BinaryWriter } from 'google-protobuf';

/** Writes a message as the value of a field. */
export const message = (writer: BinaryWriter, field: number, write: (writer: BinaryWriter) => void): void =>
  writer.writeMessage(field, {}, (_, inner) => write(inner));

/** Writes an entry of a map with string keys. */
export const entry = (writer: BinaryWriter, field: number, key: string, write: (writer: BinaryWriter) => void): void =>
  message(writer, field, (pair) => {
    pair.writeString(1, key);
    message(pair, 2, write);
  });
