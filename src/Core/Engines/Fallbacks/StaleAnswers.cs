namespace Sluice.Core.Engines.Fallbacks;

/// <summary>Bounds of <see cref="StaleAnswers"/>.</summary>
public sealed record StaleLimits
{
    /// <summary>Answers kept. Default 1000. At the bound the one used longest ago goes.</summary>
    public int Answers { get; init; } = 1000;

    /// <summary>Bytes of answers kept. Default 32 MiB. At the bound the one used longest ago goes.</summary>
    public long Bytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How old an answer may be that is given again. Default a day.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(24);
}

/// <summary>The last complete answers to questions, within bounds, in memory alone. Thread-safe.</summary>
public sealed class StaleAnswers(StaleLimits limits, TimeProvider time)
{
    // A running turn records its answer before it is known to be one worth keeping: this bounds what that takes.
    private const int MostOfOneAnswer = 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<QuestionKey, LinkedListNode<Kept>> _byQuestion = [];
    private readonly LinkedList<Kept> _newestFirst = new();
    private long _bytes;

    private readonly record struct Kept(QuestionKey Question, KeptAnswer Answer, long At);

    /// <summary>Bytes of an answer above which it is not kept.</summary>
    internal int LargestAnswer { get; } = (int)Math.Min(MostOfOneAnswer, limits.Bytes);

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _newestFirst.Count;
            }
        }
    }

    internal void Keep(QuestionKey question, KeptAnswer answer)
    {
        var kept = new LinkedListNode<Kept>(new Kept(question, answer, time.GetTimestamp()));
        lock (_gate)
        {
            if (_byQuestion.TryGetValue(question, out var former))
            {
                Drop(former);
            }

            _byQuestion[question] = kept;
            _newestFirst.AddFirst(kept);
            _bytes += answer.Size;
            while (_newestFirst.Count > limits.Answers || _bytes > limits.Bytes)
            {
                Drop(_newestFirst.Last!);
            }
        }
    }

    internal KeptAnswer? Find(QuestionKey question, out TimeSpan age)
    {
        age = default;
        lock (_gate)
        {
            if (!_byQuestion.TryGetValue(question, out var kept))
            {
                return null;
            }

            age = time.GetElapsedTime(kept.Value.At);
            _newestFirst.Remove(kept);
            if (age > limits.MaxAge)
            {
                _byQuestion.Remove(question);
                _bytes -= kept.Value.Answer.Size;
                return null;
            }

            _newestFirst.AddFirst(kept);
            return kept.Value.Answer;
        }
    }

    private void Drop(LinkedListNode<Kept> kept)
    {
        _newestFirst.Remove(kept);
        _byQuestion.Remove(kept.Value.Question);
        _bytes -= kept.Value.Answer.Size;
    }
}
