using System.Globalization;
using System.Text.Json.Nodes;

namespace Sluice.Rollout.Tests.Cloud;

/// <summary>
/// The part of Cloud Run that gives traffic to revisions, with the rules by which gcloud changes it: names are given once, a share that is not named is scaled, the latest
/// revision gets what is meant for the latest unless it was deployed without traffic.
/// </summary>
internal sealed class CloudRun(string service, Uri address)
{
    private const string Latest = "LATEST";

    private readonly Lock _lock = new();
    private readonly List<(string Name, string Image)> _revisions = [];
    private readonly Dictionary<string, string> _tags = [];
    private readonly List<string> _history = [];
    private readonly List<(string Traffic, TaskCompletionSource Seen)> _waiting = [];
    private Dictionary<string, int> _traffic = [];

    public string Service => service;

    public Uri ServiceUrl => address;

    /// <summary>Every distribution of traffic there has been, oldest first, as <c>a=10,b=90</c>.</summary>
    public IReadOnlyList<string> History
    {
        get
        {
            lock (_lock)
            {
                return [.. _history];
            }
        }
    }

    public string Traffic => History[^1];

    public bool Exists => _revisions.Count > 0;

    public IReadOnlyDictionary<string, string> Tags => _tags;

    /// <summary>A service that was made before, with all traffic to whatever is the latest, as Terraform and the console leave it.</summary>
    public static CloudRun Serving(string service, Uri address, string revision)
    {
        var cloud = new CloudRun(service, address);
        cloud._revisions.Add((revision, "gateway@sha256:old"));
        cloud.Set(new() { [Latest] = 100 });
        return cloud;
    }

    public Uri TagUrl(string tag) => new(address, $"/tag/{tag}");

    /// <summary>Completes when traffic is distributed so for the first time after this call; fails after 30 s.</summary>
    public Task BecomesAsync(string traffic)
    {
        lock (_lock)
        {
            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((traffic, seen));
            return seen.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public int PercentOf(string revision)
    {
        lock (_lock)
        {
            return Resolved().GetValueOrDefault(revision);
        }
    }

    /// <summary>One that was deployed before all others.</summary>
    public void AddRevision(string name)
    {
        lock (_lock)
        {
            _revisions.Insert(0, (name, "gateway@sha256:another"));
        }
    }

    /// <exception cref="GcloudException">What gcloud would say of it.</exception>
    public void Deploy(string image, string suffix, bool noTraffic, string? tag)
    {
        lock (_lock)
        {
            var name = $"{service}-{suffix}";
            if (noTraffic && !Exists)
            {
                throw new GcloudException("--no-traffic not supported when creating a new service.");
            }

            if (_revisions.Exists(revision => revision.Name == name))
            {
                throw new GcloudException($"Revision named '{name}' with different configuration already exists.");
            }

            var traffic = new Dictionary<string, int>(_traffic);
            if (noTraffic && traffic.Remove(Latest, out var latest))
            {
                traffic[_revisions[^1].Name] = traffic.GetValueOrDefault(_revisions[^1].Name) + latest;
            }

            _revisions.Add((name, image));
            if (tag is not null)
            {
                _tags[tag] = name;
            }

            Set(traffic.Count == 0 ? new() { [Latest] = 100 } : traffic);
        }
    }

    /// <exception cref="GcloudException">What gcloud would say of it.</exception>
    public void UpdateTraffic(IReadOnlyDictionary<string, int> shares, IReadOnlyDictionary<string, string> tags)
    {
        lock (_lock)
        {
            foreach (var name in shares.Keys.Concat(tags.Values).Where(name => name != Latest && !_revisions.Exists(revision => revision.Name == name)))
            {
                throw new GcloudException($"Revision '{name}' was not found.");
            }

            var rest = 100 - shares.Values.Sum();
            var others = _traffic.Where(target => !shares.ContainsKey(target.Key)).ToDictionary();
            if (rest < 0 || (rest > 0 && others.Count == 0))
            {
                throw new GcloudException("Every target with traffic is updated but 100% of traffic has not been specified.");
            }

            var traffic = shares.Where(share => share.Value > 0).ToDictionary();
            foreach (var (name, percent) in rest == 0 ? [] : others)
            {
                traffic[name] = percent * rest / others.Values.Sum();
            }

            foreach (var (tag, name) in tags)
            {
                _tags[tag] = name;
            }

            Set(traffic);
        }
    }

    public JsonObject Describe()
    {
        lock (_lock)
        {
            var traffic = new JsonArray();
            foreach (var (name, percent) in _traffic)
            {
                var target = new JsonObject { ["revisionName"] = name == Latest ? _revisions[^1].Name : name, ["percent"] = percent };
                if (name == Latest)
                {
                    target["latestRevision"] = true;
                }

                traffic.Add(target);
            }

            foreach (var (tag, name) in _tags)
            {
                traffic.Add(new JsonObject { ["revisionName"] = name, ["tag"] = tag, ["url"] = TagUrl(tag).AbsoluteUri });
            }

            return new JsonObject
            {
                ["kind"] = "Service",
                ["metadata"] = new JsonObject { ["name"] = service },
                ["status"] = new JsonObject
                {
                    ["url"] = address.GetLeftPart(UriPartial.Authority),
                    ["latestReadyRevisionName"] = _revisions[^1].Name,
                    ["traffic"] = traffic,
                },
            };
        }
    }

    public JsonArray Revisions()
    {
        lock (_lock)
        {
            return [.. _revisions.Select(revision => new JsonObject { ["metadata"] = new JsonObject { ["name"] = revision.Name } })];
        }
    }

    private static string Written(IEnumerable<KeyValuePair<string, int>> traffic) => string.Join(
        ',', traffic.Select(target => string.Create(CultureInfo.InvariantCulture, $"{target.Key}={target.Value}")).Order(StringComparer.Ordinal));

    private Dictionary<string, int> Resolved() => _traffic
        .GroupBy(target => target.Key == Latest ? _revisions[^1].Name : target.Key)
        .ToDictionary(group => group.Key, group => group.Sum(target => target.Value));

    private void Set(Dictionary<string, int> traffic)
    {
        _traffic = traffic;
        var now = Written(Resolved());
        if (_history is [] || _history[^1] != now)
        {
            _history.Add(now);
            foreach (var (_, waiting) in _waiting.Where(waiting => waiting.Traffic == now))
            {
                waiting.TrySetResult();
            }
        }
    }
}
