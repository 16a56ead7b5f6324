namespace Sluice.Faults.Tests.Matrix;

/// <summary>
/// What has to come out of every fault, written down from the behaviour of Agent Engine and from what the gateway promises, not from its code.
/// </summary>
/// <remarks>
/// <para>A fault is a script of the emulator (src/Emulator/README.md); behind a plus sign, what goes wrong with another call of the same turn. "time:" asks what time it
/// is, for which the agent calls a tool.</para>
/// <para>Columns: a plain agent asked for a whole answer (<c>:query</c>), the same asked for a stream (<c>:streamQuery</c>), an ADK application asked for either.
/// "=" is what stands to the left, "-" that there is no such case.</para>
/// <para>An outcome is "answer", or the turn's state with the HTTP status and code; then the calls the engine got for the turn, and how often its agent ran. The status counts
/// while nothing has been sent to the caller. Each row is tried twice: with the fault on the first call, and with a 503 before it, which is one call more, up to
/// three: then attempts end.</para>
/// </remarks>
internal static class FaultMatrix
{
    private const string Table = """
        fault                                              | :query                                        | :streamQuery                                   | adk
        none                                               | answer 1/1                                    | =                                              | =

        quota                                              | failed 429 engine_quota_exceeded 1/0          | =                                              | =
        quota;quotaLimit=0                                 | failed 502 engine_no_quota 1/0                | =                                              | =
        quota;retryDelay=17s                               | failed 429 engine_quota_exceeded 1/0          | =                                              | =
        quota;retryDelay=20ms                              | answer 2/1                                    | =                                              | =
        quota;retryDelay=20ms;times=0                      | failed 429 engine_quota_exceeded 3/0          | =                                              | =
        unavailable                                        | answer 2/1                                    | =                                              | =
        unavailable;wrapError=true                         | answer 2/1                                    | =                                              | =
        unavailable;times=0                                | failed 503 engine_unavailable 3/0             | =                                              | =
        bad-gateway                                        | answer 2/1                                    | =                                              | =
        bad-gateway;times=0                                | failed 503 engine_unavailable 3/0             | =                                              | =
        cold-container                                     | answer 2/1                                    | =                                              | =
        cold-container;errorText=Internal Server Error     | answer 2/1                                    | =                                              | =
        cold-container;times=0                             | failed 503 engine_cold_start 3/0              | =                                              | =
        cold-container-empty                               | answer 2/1                                    | =                                              | =

        unauthenticated                                    | failed 502 engine_unauthenticated 1/0         | =                                              | =
        forbidden                                          | failed 502 engine_permission_denied 1/0       | =                                              | =
        not-found                                          | failed 404 engine_not_found 1/0               | =                                              | =
        agent-error;turn=cut                               | failed 400 agent_failed 1/1                   | =                                              | =
        agent-error;turn=cut;errorText=429 Too Many        | failed 429 engine_quota_exceeded 1/1          | =                                              | =
        agent-error;turn=cut;errorText=503 UNAVAILABLE     | failed 503 engine_unavailable 1/1             | =                                              | =

        internal                                           | unknown 502 engine_internal_error 1/0         | =                                              | answer 2/1
        internal;times=0                                   | unknown 502 engine_internal_error 1/0         | =                                              | failed 502 engine_internal_error 3/0
        internal;turn=cut                                  | unknown 502 engine_internal_error 1/1         | =                                              | =
        internal;turn=completed                            | unknown 502 engine_internal_error 1/1         | =                                              | answer 1/1
        deadline                                           | unknown 504 engine_deadline_exceeded 1/0      | =                                              | answer 2/1
        deadline;turn=cut                                  | unknown 504 engine_deadline_exceeded 1/1      | =                                              | =
        deadline;turn=continues;rest=300ms                 | unknown 504 engine_deadline_exceeded 1/1      | =                                              | answer 1/1
        cancelled                                          | unknown 504 engine_deadline_exceeded 1/0      | =                                              | answer 2/1
        cancelled;turn=completed                           | unknown 504 engine_deadline_exceeded 1/1      | =                                              | answer 1/1

        reset                                              | unknown 502 engine_stream_cut 1/0             | =                                              | answer 2/1
        reset;times=0                                      | unknown 502 engine_stream_cut 1/0             | =                                              | failed 502 engine_stream_cut 3/0
        reset;turn=cut                                     | unknown 502 engine_stream_cut 1/1             | =                                              | =
        reset;turn=completed                               | unknown 502 engine_stream_cut 1/1             | =                                              | answer 1/1
        reset;turn=completed;eventLag=300ms                | -                                             | -                                              | answer 1/1
        reset;turn=continues;rest=300ms                    | unknown 502 engine_stream_cut 1/1             | =                                              | answer 1/1
        reset;turn=continues;rest=20s                      | unknown 502 engine_stream_cut 1/1             | =                                              | =
        time: reset;turn=cut                               | -                                             | -                                              | unknown 502 engine_stream_cut 1/1
        time: reset;turn=completed                         | -                                             | -                                              | answer 1/1
        empty                                              | unknown 502 engine_empty_answer 1/0           | =                                              | answer 2/1
        empty;times=0                                      | unknown 502 engine_empty_answer 1/0           | =                                              | failed 502 engine_empty_answer 3/0
        empty;turn=cut                                     | unknown 502 engine_empty_answer 1/1           | =                                              | =
        empty;turn=completed                               | unknown 502 engine_empty_answer 1/1           | =                                              | answer 1/1
        empty;turn=continues;rest=300ms                    | unknown 502 engine_empty_answer 1/1           | =                                              | answer 1/1

        truncate;after=0                                   | unknown 502 engine_malformed_answer 1/1       | unknown 502 engine_stream_cut 1/1              | =
        truncate;after=0;turn=notStarted                   | unknown 502 engine_malformed_answer 1/0       | unknown 502 engine_stream_cut 1/0              | answer 2/1
        truncate;after=0;turn=completed                    | unknown 502 engine_malformed_answer 1/1       | unknown 502 engine_stream_cut 1/1              | answer 1/1
        truncate;after=1                                   | -                                             | unknown 502 engine_stream_cut 1/1              | =
        truncate;after=1;turn=completed                    | -                                             | unknown 502 engine_stream_cut 1/1              | answer 1/1
        truncate;after=2                                   | -                                             | unknown 502 engine_stream_cut 1/1              | =
        truncate;after=2;turn=continues;rest=300ms         | -                                             | unknown 502 engine_stream_cut 1/1              | answer 1/1
        truncate-reset;after=0                             | unknown 502 engine_stream_cut 1/1             | =                                              | =
        truncate-reset;after=0;turn=notStarted             | unknown 502 engine_stream_cut 1/0             | =                                              | answer 2/1
        truncate-reset;after=0;turn=completed              | unknown 502 engine_stream_cut 1/1             | =                                              | answer 1/1
        truncate-reset;after=1                             | -                                             | unknown 502 engine_stream_cut 1/1              | =
        truncate-reset;after=1;turn=completed              | -                                             | unknown 502 engine_stream_cut 1/1              | answer 1/1
        truncate-reset;after=1;turn=completed;split=true   | -                                             | unknown 502 engine_stream_cut 1/1              | answer 1/1
        truncate-reset;after=2                             | -                                             | unknown 502 engine_stream_cut 1/1              | =
        truncate-reset;after=2;turn=continues;rest=300ms   | -                                             | unknown 502 engine_stream_cut 1/1              | answer 1/1
        truncate-reset;after=2;turn=completed;eventLag=300ms | -                                           | -                                              | answer 1/1
        time: truncate-reset;after=1                       | -                                             | -                                              | unknown 502 engine_stream_cut 1/1
        time: truncate-reset;after=1;turn=completed        | -                                             | -                                              | answer 1/1
        time: truncate-reset;after=3;turn=completed        | -                                             | -                                              | answer 1/1
        time: truncate-reset;after=2;turn=continues;rest=300ms | -                                         | -                                              | answer 1/1
        cap;delay=250ms;gap=100ms                          | unknown 502 engine_stream_cut 1/1             | =                                              | =
        cap;delay=250ms;gap=100ms;turn=completed           | unknown 502 engine_stream_cut 1/1             | =                                              | answer 1/1

        closed-line;after=0                                | -                                             | unknown 502 engine_stream_error 1/1            | =
        closed-line;after=0;turn=completed                 | -                                             | unknown 502 engine_stream_error 1/1            | answer 1/1
        closed-line;after=0;turn=notStarted                | -                                             | unknown 502 engine_stream_error 1/0            | answer 2/1
        closed-line;after=0;turn=notStarted;lineCode=503   | -                                             | answer 2/1                                     | =
        closed-line;after=0;turn=notStarted;lineCode=429   | -                                             | answer 2/1                                     | =
        closed-line;after=0;turn=notStarted;lineCode=404   | -                                             | failed 404 engine_not_found 1/0                | =
        closed-line;after=1                                | -                                             | unknown 502 engine_stream_error 1/1            | =
        closed-line;after=1;lineCode=503                   | -                                             | unknown 502 engine_stream_error 1/1            | =
        closed-line;after=1;turn=completed                 | -                                             | unknown 502 engine_stream_error 1/1            | answer 1/1
        closed-line;after=2                                | -                                             | unknown 502 engine_stream_error 1/1            | =
        error-line;after=0                                 | -                                             | unknown 502 engine_stream_error 1/1            | =
        error-line;after=0;turn=notStarted                 | -                                             | unknown 502 engine_stream_error 1/0            | answer 2/1
        error-line;after=1                                 | -                                             | unknown 502 engine_stream_error 1/1            | =
        error-line;after=1;turn=completed                  | -                                             | unknown 502 engine_stream_error 1/1            | answer 1/1
        error-line;after=2                                 | -                                             | unknown 502 engine_stream_error 1/1            | =
        late-error                                         | -                                             | unknown 502 engine_stream_error 1/1            | answer 1/1

        stall;after=0                                      | unknown 504 engine_first_event_timeout 1/1    | =                                              | =
        stall;after=0;turn=notStarted                      | unknown 504 engine_first_event_timeout 1/0    | =                                              | answer 2/1
        stall;after=0;turn=completed                       | unknown 504 engine_first_event_timeout 1/1    | =                                              | answer 1/1
        stall;after=0;delay=100ms                          | answer 1/1                                    | =                                              | =
        stall;after=1                                      | -                                             | unknown 504 engine_idle_timeout 1/1            | =
        stall;after=1;turn=completed                       | -                                             | unknown 504 engine_idle_timeout 1/1            | answer 1/1
        stall;after=1;delay=100ms                          | -                                             | answer 1/1                                     | =
        stall;after=2                                      | -                                             | unknown 504 engine_idle_timeout 1/1            | =
        slow-first-byte;delay=100ms                        | answer 1/1                                    | =                                              | =
        slow-first-byte;delay=20s                          | unknown 504 engine_first_event_timeout 1/1    | =                                              | =
        slow-first-byte;delay=20s;turn=completed           | unknown 504 engine_first_event_timeout 1/1    | =                                              | answer 1/1

        reset;turn=completed + sessions.events: quota      | -                                             | -                                              | answer 1/1
        reset;turn=completed + sessions.events: unavailable | -                                            | -                                              | answer 1/1
        reset;turn=completed + sessions.events: empty      | -                                             | -                                              | answer 1/1
        reset;turn=completed + sessions.events: truncate   | -                                             | -                                              | answer 1/1
        reset;turn=completed + sessions.events: reset      | -                                             | -                                              | answer 1/1
        reset;turn=completed + sessions.events: quota;times=0 | -                                          | -                                              | unknown 502 engine_stream_cut 1/1
        reset;turn=completed + sessions.events: unavailable;times=0 | -                                    | -                                              | unknown 502 engine_stream_cut 1/1
        reset;turn=completed + sessions.events: forbidden;times=0 | -                                      | -                                              | unknown 502 engine_stream_cut 1/1
        reset;turn=completed + sessions.events: not-found;times=0 | -                                      | -                                              | unknown 502 engine_stream_cut 1/1
        reset;turn=completed + sessions.events: stall;times=0 | -                                          | -                                              | unknown 502 engine_stream_cut 1/1
        reset + sessions.events: forbidden;times=0         | -                                             | -                                              | unknown 502 engine_stream_cut 1/0
        truncate-reset;after=1;turn=completed + sessions.events: forbidden;times=0 | -                     | -                                              | unknown 502 engine_stream_cut 1/1

        none + async_create_session: unavailable           | -                                             | -                                              | answer 1/1
        none + async_create_session: unavailable;times=0   | -                                             | -                                              | failed 503 engine_unavailable 0/0
        none + async_create_session: quota                 | -                                             | -                                              | failed 429 engine_quota_exceeded 0/0
        none + async_create_session: cold-container        | -                                             | -                                              | answer 1/1
        none + async_create_session: forbidden             | -                                             | -                                              | failed 502 engine_permission_denied 0/0
        none + async_create_session: internal              | -                                             | -                                              | answer 1/1
        none + async_create_session: reset                 | -                                             | -                                              | answer 1/1
        none + async_create_session: empty                 | -                                             | -                                              | answer 1/1
        none + async_create_session: stall                 | -                                             | -                                              | answer 1/1
        """;

    public static IReadOnlyList<FaultRow> Rows { get; } =
        [.. Table.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(FaultRow.Parse)];
}
