/** A table as a workspace and a mapping write it: quoted where a dot or a quote is part of a name. */
export function tableName({ schema, table }: { readonly schema: string; readonly table: string }): string {
  return [schema, table]
    .map((name) => (/[".`]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name))
    .join('.')
}
