/** Settings of the API process, without the values of secrets. */
import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false };

export const Setting = Type.Object(
  {
    name: Type.String({ description: 'Name of the environment variable.' }),
    description: Type.String(),
    default: Type.String({ description: 'Value without the variable. Empty: see the description.' }),
    value: Type.Optional(Type.String({ description: 'Value in use. Absent if it may contain a secret.' })),
    isSet: Type.Boolean({ description: 'Whether the variable is set to another value than the default.' }),
  },
  closed,
);
export type Setting = Static<typeof Setting>;

export const SettingList = Type.Object({ settings: Type.Array(Setting) }, closed);
export type SettingList = Static<typeof SettingList>;
