/** A view, and a table that says by which renderer each member of it is shown. A member without a row does not compile. */

/** The members of a type, as paths; of a list, those of what is in it. */
export type Paths<T> = T extends string | number | boolean
  ? ''
  : T extends readonly (infer E)[]
    ? Paths<E>
    : string extends keyof T
      ? ''
      : { [K in keyof T & string]-?: Joined<K, Paths<NonNullable<T[K]>>> }[keyof T & string]
type Joined<K extends string, P extends string> = P extends '' ? K : `${K}.${P}`

/** In which state a member is there, another value for it, and the renderers that show it: the others do not. */
export type Row = readonly [state: string, other: unknown, shownBy: string]
/** The same with another value there; of a list the first one is changed. */
export function changed(value: unknown, [member, ...rest]: readonly string[], other: unknown): unknown {
  if (Array.isArray(value)) return [changed(value[0], [member ?? '', ...rest], other), ...value.slice(1)]
  if (member === undefined || member === '') return other
  const of = (value ?? {}) as { [member: string]: unknown }
  return { ...of, [member]: changed(of[member], rest, other) }
}

/** Holds each renderer to the table: another value of a member changes what it draws, or does not, as its row says. */
export function holdToTable<V>(
  table: { readonly [path: string]: Row },
  renderers: { readonly [name: string]: (view: V) => unknown },
  full: (state: string) => V,
): void {
  describe.each(Object.entries(table))('%s', (path, [state, other, shownBy]) => {
    test.each(Object.entries(renderers))('is shown by the %s, or is not, as the table says', (name, draw) => {
      const view = full(state)
      const text = (each: V) => JSON.stringify(draw(each))
      const isShown = text(changed(view, path.split('.'), other) as V) !== text(view)
      expect(isShown).toBe(shownBy.split(' ').includes(name))
    })
  })
}
