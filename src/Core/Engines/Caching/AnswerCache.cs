namespace Sluice.Core.Engines.Caching;

/// <summary>The last complete answers to questions, within bounds, in memory alone. Thread-safe.</summary>
public sealed class AnswerCache
{
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly Dictionary<QuestionKey, LinkedListNode<Kept>> _byQuestion = [];
    private readonly LinkedList<Kept> _newestFirst = new();
    private readonly TimeSpan _oldest;
    private long _bytes;

    /// <param name="policy">Its bounds.</param>
    /// <param name="time">The clock.</param>
    public AnswerCache(CachePolicy policy, TimeProvider time)
    {
        (Policy, _time) = (policy, time);
        var fresh = policy.Ttl + policy.StaleWhileRevalidate;
        _oldest = fresh > policy.StaleIfError ? fresh : policy.StaleIfError;
        AnswerBytes = (int)Math.Min(policy.AnswerBytes, policy.Bytes);
    }

    public CachePolicy Policy { get; }

    /// <summary>Answers kept now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _newestFirst.Count;
            }
        }
    }

    /// <summary>Bytes of them, with what is kept around them.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _bytes;
            }
        }
    }

    /// <summary>Bytes of an answer above which it is not kept.</summary>
    internal int AnswerBytes { get; }

    internal void Keep(QuestionKey question, KeptAnswer answer)
    {
        var kept = new LinkedListNode<Kept>(new Kept(question, answer, _time.GetTimestamp()));
        lock (_gate)
        {
            if (_byQuestion.TryGetValue(question, out var former))
            {
                Drop(former);
            }

            _byQuestion[question] = kept;
            _newestFirst.AddFirst(kept);
            _bytes += answer.Size;
            while (_newestFirst.Count > Policy.Answers || _bytes > Policy.Bytes)
            {
                Drop(_newestFirst.Last!);
                Telemetry.Evicted();
            }
        }
    }

    /// <summary>The answer to this question as it was asked, or as it is however it is asked.</summary>
    internal KeptAnswer? Find(QuestionKey question, out TimeSpan age)
    {
        lock (_gate)
        {
            return FindHere(question with { Delivery = null }, out age) ?? FindHere(question, out age);
        }
    }

    private KeptAnswer? FindHere(QuestionKey question, out TimeSpan age)
    {
        age = default;
        if (!_byQuestion.TryGetValue(question, out var kept))
        {
            return null;
        }

        age = _time.GetElapsedTime(kept.Value.At);
        if (age > _oldest)
        {
            Drop(kept);
            return null;
        }

        _newestFirst.Remove(kept);
        _newestFirst.AddFirst(kept);
        return kept.Value.Answer;
    }

    private void Drop(LinkedListNode<Kept> kept)
    {
        _newestFirst.Remove(kept);
        _byQuestion.Remove(kept.Value.Question);
        _bytes -= kept.Value.Answer.Size;
    }

    private readonly record struct Kept(QuestionKey Question, KeptAnswer Answer, long At);
}
