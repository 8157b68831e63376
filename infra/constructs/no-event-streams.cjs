// Stands where the SDK's event streams are left out of a bundle (function-code.ts). A client that could stream settles how
// in its constructor, whatever it is asked for: settling it is nothing here, and streaming is a fault.
const streams = () => {
  throw new Error('event streams are left out of this bundle (infra/constructs/function-code.ts)')
}
module.exports = {
  resolveEventStreamSerdeConfig: (config) => config,
  eventStreamSerdeProvider: streams,
  EventStreamSerde: streams,
}
