using System.Globalization;
using System.Text.Json.Nodes;
using Sluice.Emulator.Engines;

namespace Sluice.Emulator.Wire;

/// <summary>Failures of Google's front end: they happen before any agent code is reached.</summary>
internal static class GoogleErrors
{
    private const string Service = "aiplatform.googleapis.com";

    public static ApiError InvalidArgument(string message) => new(400, "INVALID_ARGUMENT", message);

    public static ApiError BadPayload(params string[] problems) => new(
        400,
        "INVALID_ARGUMENT",
        string.Join('\n', problems),
        new JsonObject
        {
            ["@type"] = "type.googleapis.com/google.rpc.BadRequest",
            ["fieldViolations"] = new JsonArray([.. problems.Select(p => new JsonObject { ["description"] = p })]),
        });

    public static ApiError MissingCredential() => new(
        401,
        "UNAUTHENTICATED",
        "Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        ApiError.ErrorInfo("CREDENTIALS_MISSING", "googleapis.com", ("service", Service)));

    public static ApiError InvalidCredential() => new(
        401,
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        ApiError.ErrorInfo("ACCESS_TOKEN_EXPIRED", "googleapis.com", ("service", Service)));

    public static ApiError PermissionDenied(string permission, EngineName engine) => new(
        403,
        "PERMISSION_DENIED",
        $"Permission '{permission}' denied on resource '//{Service}/{engine.Asked}' (or it may not exist).",
        ApiError.ErrorInfo("IAM_PERMISSION_DENIED", Service, ("permission", permission), ("resource", engine.Asked)));

    public static ApiError EngineNotFound(EngineName engine) => new(404, "NOT_FOUND", $"The ReasoningEngine '{engine.Resource}' does not exist.");

    public static ApiError NotFound(string what, string name) => new(404, "NOT_FOUND", $"{what} {name} not found.");

    public static ApiError AlreadyExists(string what, string name) => new(409, "ALREADY_EXISTS", $"{what} {name} already exists.");

    public static ApiError Quota(string metricTitle, string metric, string limit, int value, EngineName engine, TimeSpan? retryDelay)
    {
        var error = new ApiError(
            429,
            "RESOURCE_EXHAUSTED",
            $"Quota exceeded for quota metric '{metricTitle}' and limit '{metricTitle} per minute per region' of service '{Service}' for consumer 'project_number:{engine.ProjectNumber}'.",
            ApiError.ErrorInfo(
                "RATE_LIMIT_EXCEEDED",
                "googleapis.com",
                ("service", Service),
                ("consumer", $"projects/{engine.ProjectNumber}"),
                ("quota_metric", $"{Service}/{metric}"),
                ("quota_limit", limit),
                ("quota_limit_value", value.ToString(CultureInfo.InvariantCulture)),
                ("quota_location", engine.Location),
                ("quota_unit", "1/min/{project}/{region}")),
            new JsonObject
            {
                ["@type"] = "type.googleapis.com/google.rpc.Help",
                ["links"] = new JsonArray(new JsonObject
                {
                    ["description"] = "Request a higher quota limit.",
                    ["url"] = "https://cloud.google.com/docs/quotas/help/request_increase",
                }),
            });
        return retryDelay is { } delay ? error with { Details = [.. error.Details, ApiError.RetryInfo(delay)] } : error;
    }

    public static ApiError Unavailable() => new(503, "UNAVAILABLE", "The service is currently unavailable.");

    public static ApiError BadGateway() => new(502, "UNAVAILABLE", "The server encountered a temporary error and could not complete your request.");

    public static ApiError Internal() => new(500, "INTERNAL", "Internal error encountered.");

    public static ApiError Cancelled() => new(499, "CANCELLED", "The operation was cancelled.");

    public static ApiError DeadlineExceeded() => new(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete.");
}
