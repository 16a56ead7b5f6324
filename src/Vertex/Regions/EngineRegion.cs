using System.Diagnostics.CodeAnalysis;
using Sluice.Core.Engines;
using Sluice.Core.Time;
using Sluice.Vertex.Answers;
using Sluice.Vertex.Calls;
using Sluice.Vertex.Credentials;
using Sluice.Vertex.Dialects;
using Sluice.Vertex.Faults;
using Sluice.Vertex.Recovery;
using Sluice.Vertex.Transport;

namespace Sluice.Vertex.Regions;

/// <summary>
/// An engine in one region, where it is a resource of its own: makes one attempt at a turn there. Thread-safe; opens no connection and reads no credentials
/// before the first turn.
/// </summary>
internal sealed class EngineRegion : IAsyncDisposable
{
    /// <summary>An engine lists each method with the schema of its parameters.</summary>
    private const int MaxResourceBytes = 4 * 1024 * 1024;

    private readonly VertexOptions _options;
    private readonly Pulse _pulse;
    private readonly EngineConnection _connection;
    private readonly EngineExchange _exchange;
    private readonly MethodCatalog _methods;
    private readonly EngineLabels _labels;
    private readonly TurnRecovery _recovery;

    /// <param name="options">Validated.</param>
    /// <param name="pulse">Looks after every call's deadlines. Not owned.</param>
    /// <param name="tokens">What calls carry. Not owned.</param>
    /// <param name="configure">For tests: trust, protocols.</param>
    public EngineRegion(VertexOptions options, Pulse pulse, IAccessTokens tokens, Action<SocketsHttpHandler>? configure)
    {
        (_options, _pulse) = (options, pulse);
        _labels = new EngineLabels(options);
        _connection = new EngineConnection(options, configure);
        _exchange = new EngineExchange(_connection, tokens, pulse.Time);
        _methods = new MethodCatalog(pulse.Time, ReadMethodsAsync, options.Dialect);
        _recovery = new TurnRecovery(options.Recovery, new SessionReader(_exchange, _connection.Routes, pulse).ReadAsync, pulse.Time);
    }

    /// <summary>When the engine was last changed here, as it was known when it was last looked at; null: it was not.</summary>
    public string? Revision => _methods.Revision;

    /// <inheritdoc cref="IEngine.RunAsync"/>
    /// <param name="turn">The turn.</param>
    /// <param name="total">What is left of the time for all attempts at it.</param>
    /// <param name="cancellationToken">The caller's.</param>
    public ValueTask<EngineOutcome> AttemptAsync(IEngineTurn turn, TimeSpan total, CancellationToken cancellationToken) =>
        // Nearly always the methods are known, and a plain agent's turn needs nothing prepared: then the call is all there is to wait for.
        _methods.Current is { } methods && Ask.Of(turn.Request, methods) is { IsMessage: false } ask
            ? CallAsync(turn, ask, PlainInput.Body(ask.Method, turn.Request.Input), session: null, total, cancellationToken)
            : PrepareAsync(turn, total, cancellationToken);

    /// <summary>Finishes a turn that another process gave the engine here, from the engine's session. Calls nothing of the engine's.</summary>
    /// <returns>How it ended; or <see cref="FaultKind.Interrupted"/> with what is known: that it never started, that it did, or neither.</returns>
    public async ValueTask<EngineOutcome> FinishAsync(IInterruptedTurn turn, CancellationToken cancellationToken)
    {
        var session = await SessionAskedAsync(turn, cancellationToken);
        using var answer = new EventAnswer(turn, _options, _labels);
        answer.Replay(turn);
        try
        {
            return new EngineOutcome
            {
                Fault = await FinishAsync(turn, session, answer, cancellationToken),
                Answer = answer.Shape,
                FinishReason = answer.FinishReason,
                Usage = answer.Usage,
                UsedTools = answer.UsedTools,
            };
        }
        finally
        {
            Remember(turn, session, answer.Streamed);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _methods.DisposeAsync();
        _recovery.Dispose();
        _connection.Dispose();
    }

    private async ValueTask<EngineOutcome> PrepareAsync(IEngineTurn turn, TimeSpan total, CancellationToken cancellationToken)
    {
        var methods = await _methods.GetAsync(cancellationToken);
        var request = turn.Request;
        var ask = Ask.Of(request, methods);
        if (!ask.IsMessage)
        {
            return await CallAsync(turn, ask, PlainInput.Body(ask.Method, request.Input), session: null, total, cancellationToken);
        }

        var input = MessageInput.Of(request.Input);
        var user = input.User(turn.UserId);
        if (input.NeedsSession && SessionOf(turn) is null && methods.SessionMethod is { } method
            && await CreateSessionAsync(turn, method, user, total, cancellationToken) is { } fault)
        {
            return EngineOutcome.Failed(fault with { NeverStarted = true });
        }

        var session = input.NeedsSession ? SessionOf(turn) : null;
        var body = input.Body(ask.Method!, user, session);
        return await CallAsync(turn, ask, body, session ?? input.CallersSession, total, cancellationToken);
    }

    private string? SessionOf(IEngineTurn turn) =>
        turn.EngineSessionAt(_options.Name) is { } session && string.Equals(session.Region, _options.Engine.Location, StringComparison.Ordinal) ? session.Id : null;

    // What comes before this cannot have started the turn.
    private ValueTask<EngineOutcome> CallAsync(IEngineTurn turn, in Ask ask, JsonBody body, string? session, TimeSpan total, CancellationToken cancellationToken) => ask.IsStream
        ? StreamAsync(turn, new EngineRequest(_connection.Routes.StreamQuery, body, IsStream: true), session, isForAnyDelivery: ask.IsMessage, total, cancellationToken)
        : QueryAsync(turn, new EngineRequest(_connection.Routes.Query, body, IsStream: false), total, cancellationToken);

    // One attempt at a :streamQuery, in a session of the engine's if it has one.
    private async ValueTask<EngineOutcome> StreamAsync(
        IEngineTurn turn, EngineRequest request, string? session, bool isForAnyDelivery, TimeSpan total, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Start(_labels, turn.Request);
        using var call = new EngineCall(_pulse, _options.FirstEventTimeout, total, cancellationToken);
        using var answer = new EventAnswer(turn, _options, _labels);
        try
        {
            var fault = await _exchange.RunAsync(request, answer, call, activity, turn);
            var took = call.Elapsed;
            fault = fault is not null && answer.HasBegun ? fault with { Started = true } : fault;
            var left = fault is { LeavesTurnUnknown: true, Kind: not FaultKind.TotalTimeout }
                ? await RecoverAsync(turn, session, fault, answer, call, cancellationToken)
                : fault;
            var outcome = new EngineOutcome
            {
                Fault = left,
                Answer = answer.Shape,
                FinishReason = answer.FinishReason,
                Usage = answer.Usage,
                UsedTools = answer.UsedTools,
                IsForAnyDelivery = isForAnyDelivery,
            };

            // The call went as it went, whatever was found out later.
            Telemetry.Ended(activity, _labels, outcome with { Fault = fault }, took, answer.FirstEvent);
            return outcome;
        }
        finally
        {
            Remember(turn, session, answer.Streamed);
        }
    }

    // What the engine's session says of a turn whose answer did not come whole. Null: the turn is complete now.
    private async ValueTask<EngineFault?> RecoverAsync(
        IEngineTurn turn, string? session, EngineFault fault, EventAnswer answer, EngineCall call, CancellationToken cancellationToken)
    {
        // Its deadlines were those of the call.
        call.Dispose();
        if (!MayBeAsked(session))
        {
            return fault;
        }

        return await FindOutAsync(turn, fault, answer, session, TurnMemory.Of(turn, Bound(turn, session), answer.Streamed), call.StartedAt, cancellationToken);
    }

    private async ValueTask<EngineFault?> FinishAsync(IInterruptedTurn turn, string? session, EventAnswer answer, CancellationToken cancellationToken)
    {
        if (!MayBeAsked(session))
        {
            return Interruption.Of(answer.Streamed.Any, "The engine keeps no session that is known to tell what became of it.");
        }

        var age = TurnMemory.AgeOf(turn, _pulse.Time.GetUtcNow());
        var memory = TurnMemory.OfInterrupted(turn, Bound(turn, session), answer.Streamed, age);

        // As a timestamp of this process, which may not have been there at the time.
        var sentAt = _pulse.Time.GetTimestamp() - (long)(age.TotalSeconds * _pulse.Time.TimestampFrequency);
        return await FindOutAsync(turn, Interruption.Of(answer.Streamed.Any), answer, session, memory, sentAt, cancellationToken);
    }

    private async ValueTask<EngineFault?> FindOutAsync(
        IEngineTurn turn, EngineFault fault, EventAnswer answer, string session, TurnMemory memory, long sentAt, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Start(_labels, turn.Request, "recover_turn");
        var found = await _recovery.FindOutAsync(session, memory, sentAt, cancellationToken);
        Telemetry.Recovered(activity, found.Judgement.Fate, fault);
        answer.Streamed.Identify(found.Judgement.Invocation, found.Judgement.LastAt);
        switch (found.Judgement.Fate)
        {
            case TurnFate.Finished when answer.TryComplete(found.Judgement.Missing):
                return null;
            case TurnFate.NeverStarted:
                return fault with { NeverStarted = true, Message = $"{fault.Message} {found.Finding}" };
            default:
                return fault with { Started = fault.Started || found.Judgement.Invocation is not null, Message = $"{fault.Message} {found.Finding}" };
        }
    }

    private bool MayBeAsked([NotNullWhen(true)] string? session) =>
        session is not null && EngineName.IsId(session) && _options.Recovery.Patience > TimeSpan.Zero;

    // The engine's session that the turn was given to, if it is known to have been given to one.
    private async ValueTask<string?> SessionAskedAsync(IInterruptedTurn turn, CancellationToken cancellationToken)
    {
        if (!Ask.Of(turn.Request, await _methods.GetAsync(cancellationToken)).IsMessage)
        {
            return null;
        }

        var input = MessageInput.Of(turn.Request.Input);
        return input.NeedsSession ? SessionOf(turn) : input.CallersSession;
    }

    private EngineSession? Bound(IEngineTurn turn, string session) =>
        turn.EngineSessionAt(_options.Name) is { } bound && string.Equals(bound.Id, session, StringComparison.Ordinal) ? bound : null;

    // The next turn's events are told from this one's by it, also when this one was cancelled.
    private void Remember(IEngineTurn turn, string? session, StreamedEvents streamed)
    {
        if (session is not null && streamed.Invocation is { } invocation && Bound(turn, session) is { } bound
            && !string.Equals(bound.LastInvocation, invocation, StringComparison.Ordinal))
        {
            turn.BindEngineSession(bound with
            {
                LastInvocation = invocation,
                LastEventAt = streamed.LastAt.IsKnown ? streamed.LastAt.Time : null,
                LastTurn = turn.Id,
            });
        }
    }

    // One attempt at a :query.
    private async ValueTask<EngineOutcome> QueryAsync(IEngineTurn turn, EngineRequest request, TimeSpan total, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Start(_labels, turn.Request);
        using var call = new EngineCall(_pulse, _options.QueryTimeout, total, cancellationToken);
        using var answer = new WholeBody(_options.MaxEventBytes, (value, elapsed) => QueryAnswer.Append(turn, value, elapsed));
        var outcome = new EngineOutcome { Fault = await _exchange.RunAsync(request, answer, call, activity, turn), Answer = AnswerShape.Verbatim };
        Telemetry.Ended(activity, _labels, outcome, call.Elapsed, firstEvent: null);
        return outcome;
    }

    private async ValueTask<EngineFault?> CreateSessionAsync(
        IEngineTurn turn, string method, ReadOnlyMemory<byte> user, TimeSpan total, CancellationToken cancellationToken)
    {
        using var activity = Telemetry.Start(_labels, turn.Request, "create_session");
        using var call = new EngineCall(_pulse, _options.QueryTimeout, total, cancellationToken);
        string? session = null;
        using var answer = new WholeBody(_options.MaxEventBytes, (value, _) => (session = SessionAnswer.FindId(value)) is null
            ? new EngineFault(FaultKind.MalformedAnswer, "The engine was asked for a session and did not say its id.")
            : null);
        byte[] head = [.. "{\"class_method\":"u8, .. JsonText.Literal(method), .. ",\"input\":{\"user_id\":"u8];
        var request = new EngineRequest(_connection.Routes.Query, new JsonBody(head, user, "}}"u8.ToArray()), IsStream: false);
        var fault = await _exchange.RunAsync(request, answer, call, activity, turn);
        Telemetry.Failed(activity, fault);
        if (fault is null)
        {
            turn.BindEngineSession(new EngineSession(_options.Name, _options.Engine.Location, session!) { LastInvocation = "" });
        }

        return fault;
    }

    private async Task<EngineMethods?> ReadMethodsAsync(CancellationToken cancellationToken)
    {
        EngineMethods? methods = null;
        using var call = new EngineCall(_pulse, _options.DiscoveryTimeout, _options.DiscoveryTimeout, cancellationToken);
        using var answer = new WholeBody(MaxResourceBytes, (value, _) =>
        {
            methods = EngineMethods.Read(value);
            return null;
        });
        await _exchange.RunAsync(new EngineRequest(_connection.Routes.Resource, Body: null, IsStream: false), answer, call, activity: null);
        return methods;
    }
}
