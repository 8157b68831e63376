/**
 * Text with places for values: `arn:{partition}:ssm:{region}:{account}:parameter{arguments.Name}`. No expressions and no
 * defaults: a place is filled by the value of that path, or the template does not fit.
 */
const place = /\{([A-Za-z][A-Za-z0-9.]*)\}/g

/** The paths that a template asks for. */
export const placesOf = (template: string): readonly string[] =>
  [...template.matchAll(place)].map(([, path]) => path ?? '')

/** A template as it is written and, at every second place, the paths of its values. */
export const partsOf = (template: string): readonly string[] => template.split(place)

/** Fills every place, or throws: that a template fits its arguments was checked when the policies were compiled. */
export function fill(template: string, value: (path: string) => string | undefined): string {
  return template.replace(place, (_, path: string) => {
    const text = value(path)
    if (text === undefined) throw new TypeError(`nothing to fill {${path}} with in ${template}`)
    return text
  })
}

/**
 * May this text stand in an ARN or another resource id? IAM reads `*` and `?` as wildcards and `${` as a variable, and
 * a policy is JSON: whatever could mean more than itself is refused, however the catalogue's own pattern is written.
 */
export const isLiteral = (value: string): boolean => /^[A-Za-z0-9_.\-/+=,@]+$/.test(value) && !value.includes('..')
