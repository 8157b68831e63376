// Stands where the SDK's cache of discovered endpoints is left out of a bundle (function-code.ts): no client here discovers
// any, and one that did would only ask each time. 7 KB less wherever DynamoDB is.
module.exports = {
  EndpointCache: class {
    getEndpoint() {
      return undefined
    }
    has() {
      return false
    }
    set() {}
  },
}
