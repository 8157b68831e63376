// Stands where a package is left out of a bundle (function-code.ts): loading it is nothing, using it is a fault.
module.exports = new Proxy(
  {},
  {
    get(_, member) {
      if (member === '__esModule' || typeof member === 'symbol') return undefined
      throw new Error(
        `\`${member}\` belongs to a package that is left out of this bundle (infra/constructs/function-code.ts)`,
      )
    },
  },
)
