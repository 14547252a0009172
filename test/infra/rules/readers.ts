/** Which function reads which queue. */
export const readers = { Ingest: "Ingest", Delivery: "Deliver", Retry: "Deliver", Jobs: "Jobs" }
