declare module '*.wasm?url' {
  const address: string
  export default address
}

declare module '*?worker&inline' {
  const InlineWorker: new () => Worker
  export default InlineWorker
}
