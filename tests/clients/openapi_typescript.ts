// The guide's loop by openapi-typescript's types and openapi-fetch: BASE, TOKEN.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [base, token] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${token}` } });

function good<T>(answer: { data?: T; error?: unknown }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

async function wait(id: string): Promise<void> {
  for (;;) {
    const task = good(await client.GET("/api/v1/tasks/{id}", { params: { path: { id } } }));
    if (task.is_finished) {
      if (task.status !== "succeeded") throw new Error(JSON.stringify(task));
      return;
    }
    await new Promise((later) => setTimeout(later, 200));
  }
}

const table = "insight\nThe lift is always broken.\nThe lift is broken all the time.\n";
const form = new FormData();
form.append("file", new Blob([table], { type: "text/csv" }), "lift.csv");
const added = good(
  await client.POST("/api/v1/sources", { body: {} as never, bodySerializer: () => form }),
);
if (!("run" in added)) throw new Error("a preview");
await wait(added.run.id);
const clustered = good(await client.POST("/api/admin/insights/cluster-all"));
await wait(clustered.runId);
const queue = good(
  await client.GET("/api/v1/clusters/queue", { params: { query: { page_size: 3 } } }),
);
if (queue.results.length !== 3) throw new Error("three clusters are open");
for (const cluster of queue.results) {
  good(
    await client.POST("/api/v1/clusters/{id}/approve", {
      params: { path: { id: cluster.id } },
      body: { expected_version: cluster.version },
    }),
  );
}
const lines = good(
  await client.GET("/api/admin/insights/export-training-data", {
    params: { query: { format: "openai_jsonl" } },
    parseAs: "text",
  }),
);
if (String(lines).split("\n").length < 50) throw new Error("the export is short");
const started = good(await client.POST("/api/admin/insights/fine-tune-model", { body: {} }));
let job;
do {
  job = good(
    await client.GET("/api/admin/insights/fine-tune-model", {
      params: { query: { jobId: started.fineTuneJobId } },
    }),
  );
  if (job.status === "failed" || job.status === "cancelled") throw new Error(JSON.stringify(job));
} while (job.status !== "succeeded");
good(
  await client.POST("/api/admin/insights/model-status", {
    body: { modelId: job.modelId, action: "activate", force: true },
  }),
);
const predicted = good(
  await client.POST("/api/v1/predictions", {
    body: {
      pairs: [{ statement1: "The lift is broken.", statement2: "The lift is always broken." }],
    },
  }),
);
const [answer] = predicted.results;
if (answer.model_id !== job.modelId) throw new Error(JSON.stringify(answer));
console.log(answer.should_merge, answer.probability);
