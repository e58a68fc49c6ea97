/** Fields of a request as a table of text: written from the contract, read by the command. */

export type FieldType = 'integer' | 'number' | 'boolean' | 'string' | 'null' | 'list' | 'object';

/** A field that `key=value` can set. `values`: its words, if it has a fixed set. `path` may end in `.*`. */
export type RequestField = Readonly<{
  path: string;
  types: readonly FieldType[];
  values: readonly string[];
  title: string;
}>;

/** Parses lines of `path|types|values|title`. */
export const parseFields = (table: string): readonly RequestField[] =>
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [path = '', types = '', values = '', title = ''] = line.split('|');
      return { path, types: types.split(',') as FieldType[], values: values === '' ? [] : values.split(','), title };
    });

/** Returns the line of a field. */
export const fieldLine = ({ path, types, values, title }: RequestField): string =>
  [path, types.join(','), values.join(','), title].join('|');
