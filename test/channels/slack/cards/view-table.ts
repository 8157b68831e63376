/** A view, and a table of the renderers that show each of its members. A member without a row does not compile. */

/** The members of a type, as paths; a list's are those of its elements. */
export type Paths<T> = T extends string | number | boolean
  ? ''
  : T extends readonly (infer E)[]
    ? Paths<E>
    : string extends keyof T
      ? ''
      : { [K in keyof T & string]-?: Joined<K, Paths<NonNullable<T[K]>>> }[keyof T & string]
type Joined<K extends string, P extends string> = P extends '' ? K : `${K}.${P}`

/** The state in which a member is present, a changed value for it, and the only renderers that show it. */
export type Row = readonly [state: string, other: unknown, shownBy: string]
/** The view with a changed value; in a list the first element's. */
export function changed(value: unknown, [member, ...rest]: readonly string[], other: unknown): unknown {
  if (Array.isArray(value)) return [changed(value[0], [member ?? '', ...rest], other), ...value.slice(1)]
  if (member === undefined || member === '') return other
  const of = (value ?? {}) as { [member: string]: unknown }
  return { ...of, [member]: changed(of[member], rest, other) }
}

/** Holds each renderer to the table: a changed value changes its drawing exactly if the row names it. */
export function holdToTable<V>(
  table: { readonly [path: string]: Row },
  renderers: { readonly [name: string]: (view: V) => unknown },
  full: (state: string) => V,
): void {
  describe.each(Object.entries(table))('%s', (path, [state, other, shownBy]) => {
    test.each(Object.entries(renderers))(`${path} is shown by the %s as the table says`, (name, draw) => {
      const view = full(state)
      const text = (each: V) => JSON.stringify(draw(each))
      const isShown = text(changed(view, path.split('.'), other) as V) !== text(view)
      expect(isShown).toBe(shownBy.split(' ').includes(name))
    })
  })
}
