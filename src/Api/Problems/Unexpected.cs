using System.Diagnostics;

namespace Sluice.Api.Problems;

/// <summary>A defect of the gateway: on the record with all that is known, and told with nothing of it.</summary>
internal static partial class Unexpected
{
    public static Problem Note(ILogger log, HttpContext context, Exception defect)
    {
        Activity.Current?.AddException(defect);
        Failed(log, context.Request.Method, context.Request.Path, defect);
        return new Problem(500, "internal_error", "The gateway failed. The trace id leads to what happened.");
    }

    [LoggerMessage(Level = LogLevel.Error, EventName = nameof(Unexpected), Message = "{Method} {Path} failed unexpectedly")]
    private static partial void Failed(ILogger log, string method, PathString path, Exception defect);
}
