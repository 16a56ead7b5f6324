using Sluice.PostgresKit;
using Sluice.TestKit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Sluice.Storage.Tests;

/// <summary>A fact of a contract, which is skipped where the class that passes it needs a server that is not to be had: see <see cref="NeedsPostgresAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Sluice.Storage.Tests.StoreFactDiscoverer", "Sluice.Storage.Tests")]
public sealed class StoreFactAttribute : FactAttribute;

/// <summary>The facts of this class need a PostgreSQL server, as <see cref="PostgresFactAttribute"/> says of one.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsPostgresAttribute : NeedsAttribute
{
    public override string? WhyNot => PostgresServer.WhyNot(own: false);
}

public sealed class StoreFactDiscoverer(IMessageSink messages) : IXunitTestCaseDiscoverer
{
    public IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
    [
        testMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsPostgresAttribute)).Any() && PostgresServer.WhyNot(own: false) is { } reason
            ? new Skipped(reason, messages, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod)
            : new XunitTestCase(messages, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod),
    ];

    private sealed class Skipped : XunitTestCase
    {
        private string _reason = "";

        [Obsolete("For the one that reads it from a message.", error: true)]
        public Skipped()
        {
        }

        public Skipped(string reason, IMessageSink messages, TestMethodDisplay display, TestMethodDisplayOptions options, ITestMethod method)
            : base(messages, display, options, method) => _reason = reason;

        public override void Serialize(IXunitSerializationInfo data)
        {
            base.Serialize(data);
            data.AddValue("reason", _reason);
        }

        public override void Deserialize(IXunitSerializationInfo data)
        {
            _reason = data.GetValue<string>("reason");
            base.Deserialize(data);
        }

        protected override string GetSkipReason(IAttributeInfo factAttribute) => _reason;
    }
}
