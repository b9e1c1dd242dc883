/**
 * What a cutoff takes of the table of requests: outcomes that were settled before it, and what is left of runs that
 * ended before it. Never anything of a run that is not finished, nor of a chunk that may be at the provider; a chunk
 * that a cancelled run has left collected counts from then.
 */
export const PRUNABLE = `(
  run NOT IN (SELECT id FROM runs WHERE is_finished = 0) AND CASE state
    WHEN 'answered' THEN settled_at < :cutoff
    WHEN 'failed' THEN settled_at < :cutoff
    WHEN 'asked' THEN chunk IN (SELECT id FROM chunks WHERE state = 'fetched' AND changed_at < :cutoff)
    ELSE run IN (SELECT id FROM runs WHERE ended_at < :cutoff)
  END)`;

/** What a request's row is counted as. One that was refused for want of budget may hold an older answer. */
const KIND = `CASE WHEN state = 'failed' AND (result_file IS NULL OR code <> 'budget_exceeded') THEN 'failures'
  WHEN result_file IS NULL THEN 'unanswered' ELSE 'answers' END AS kind`;

export const COUNT_REQUESTS = `SELECT ${KIND}, COUNT(*) AS count FROM requests WHERE ${PRUNABLE} GROUP BY kind`;

/** The last key of the slice behind a key; none when fewer are left. */
export const SLICE_END = "SELECT key FROM requests WHERE key > :after ORDER BY key LIMIT 1 OFFSET :size - 1";

export const DELETE_SLICE = `
  DELETE FROM requests WHERE key > :after AND (:last IS NULL OR key <= :last) AND ${PRUNABLE} RETURNING ${KIND}`;

/** Result files that a request which stays refers to: by its outcome, or by the reply it is asked again with. */
const FILES_IN_USE = `
  SELECT result_file FROM requests WHERE result_file IS NOT NULL AND NOT ${PRUNABLE}
  UNION SELECT reply_file FROM requests
    WHERE reply_file IS NOT NULL AND state IN ('claimed', 'asked', 'unasked') AND NOT ${PRUNABLE}`;

/** A chunk that is over, or that a finished run has left collected before the cutoff. */
const IS_OVER = `(
  chunks.state = 'settled' OR chunks.state = 'fetched' AND chunks.changed_at < :cutoff
  AND chunks.run NOT IN (SELECT id FROM runs WHERE is_finished = 0))`;

export const IDLE_RESULT_FILES = `
  SELECT result_files.name FROM result_files JOIN chunks ON chunks.id = result_files.chunk
  WHERE ${IS_OVER} AND result_files.id NOT IN (${FILES_IN_USE})`;

export const CHUNK_FACTS = `
  SELECT run, ${IS_OVER} AS is_over, EXISTS (
    SELECT 1 FROM requests WHERE chunk = chunks.id AND state IN ('asked', 'unasked') AND NOT ${PRUNABLE}) AS is_open
  FROM chunks WHERE name = :name`;

/** Collected results that nobody came for, once their requests are pruned. */
export const ABANDONED_CHUNKS = `
  SELECT id FROM chunks WHERE state = 'fetched' AND ${IS_OVER}
  AND NOT EXISTS (SELECT 1 FROM requests WHERE chunk = chunks.id AND state IN ('asked', 'unasked'))`;

/**
 * Chunks that are over and that nothing refers to. One whose files may still lie at the provider stays, as the only
 * record of them; so does one whose cost is still to be told, and one that counts for the batches of the last hour.
 */
export const IDLE_CHUNKS = `
  SELECT id FROM chunks WHERE ${IS_OVER} AND changed_at < :before AND (file_id IS NULL OR cleaned_at IS NOT NULL)
  AND run NOT IN (SELECT id FROM runs WHERE is_finished = 0)
  AND (submitted_at IS NULL OR batch_id IS NULL AND mode = 'batch' OR state = 'fetched' OR id NOT IN (SELECT chunk FROM accounts WHERE told_at IS NULL))
  AND id NOT IN (SELECT chunk FROM accounts WHERE billed > 0)
  AND id NOT IN (SELECT chunk FROM result_files WHERE id IN (${FILES_IN_USE}))
  AND id NOT IN (SELECT chunk FROM requests WHERE chunk IS NOT NULL AND NOT ${PRUNABLE})`;

/**
 * Finished runs that nothing refers to but the chunks in a JSON array of numbers. The newest stays, so that its number
 * is not given again, and so does the last of each probe set, for the next to be compared with.
 */
export const IDLE_RUNS = `
  SELECT id FROM runs WHERE is_finished = 1 AND ended_at < :before AND id < (SELECT MAX(id) FROM runs)
  AND id NOT IN (SELECT run FROM chunks WHERE id NOT IN (SELECT value FROM json_each(:chunks)))
  AND id NOT IN (SELECT run FROM requests WHERE NOT ${PRUNABLE})
  AND id NOT IN (SELECT MAX(run) FROM probes GROUP BY name)`;
