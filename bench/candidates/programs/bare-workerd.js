// The least a worker can do: every `fetch` goes to the upstream by workerd's own configuration.
export default {
  fetch: (request) => fetch(request),
};
