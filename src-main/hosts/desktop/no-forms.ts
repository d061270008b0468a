// Whoever decodes a request asks whether it is a form, and to say what a form is Node reads all of its fetch: 60 ms of this
// process's start and 4 MB. No form comes over a page's port, and whoever calls out does so by node:http.
// Taken away first: to put another value in its place, Node would read what stands there.
Reflect.deleteProperty(globalThis, 'FormData')
Object.defineProperty(globalThis, 'FormData', {
  value: class FormData {},
  writable: true,
  configurable: true,
})
