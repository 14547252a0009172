import type { Kind } from "@ringback/connectors/kinds"

// The table of the guide, told once more by hand: status, the CRM's own word, and what only a note says.
export const EXPECTED: Record<Kind, Record<string, unknown[]>> = {
  hubspot: {
    answered: ["COMPLETED", "f240bbac-87c9-4f6e-bf70-924b57d47db7"],
    busy: ["BUSY", "9d9162e7-6cf3-4944-bf63-4dff82258764"],
    no_answer: ["NO_ANSWER", "73a0d17f-1163-4015-bdd5-ec830791da20"],
    rejected: ["BUSY", undefined],
    congestion: ["FAILED", undefined],
    failed: ["FAILED", undefined],
  },
  salesforce: {
    answered: ["Completed", "Answered"],
    busy: ["Completed", "Busy"],
    no_answer: ["Completed", "No answer"],
    rejected: ["Completed", "Rejected"],
    congestion: ["Completed", "Congestion"],
    failed: ["Completed", "Failed"],
  },
  pipedrive: {
    answered: [true, "connected"],
    busy: [true, "busy"],
    no_answer: [true, "no_answer"],
    rejected: [true, "busy"],
    congestion: [true, "no_answer"],
    failed: [true, "no_answer"],
  },
  zoho: {
    answered: ["Completed", undefined],
    busy: ["Completed", "No response/Busy"],
    no_answer: ["Completed", "No response/Busy"],
    rejected: ["Completed", "No response/Busy"],
    congestion: ["Completed", undefined],
    failed: ["Completed", undefined],
  },
}

export const FIELDS: Record<
  Kind,
  { status: string; disposition: string; note: string; subject: string }
> = {
  hubspot: {
    status: "hs_call_status",
    disposition: "hs_call_disposition",
    note: "hs_call_body",
    subject: "hs_call_title",
  },
  salesforce: {
    status: "Status",
    disposition: "CallDisposition",
    note: "Description",
    subject: "Subject",
  },
  pipedrive: { status: "done", disposition: "outcome", note: "note", subject: "subject" },
  zoho: {
    status: "Outgoing_Call_Status",
    disposition: "Call_Result",
    note: "Description",
    subject: "Subject",
  },
}
