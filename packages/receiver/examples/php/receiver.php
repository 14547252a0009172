<?php
// php -S 127.0.0.1:8080 receiver.php
// RINGBACK_SECRET: the endpoint's secret. DATABASE: what file to keep.
declare(strict_types=1);

const TOLERANCE_SECONDS = 300;

if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== '/webhooks') {
    http_response_code(404);
    exit;
}
$body = file_get_contents('php://input');
if (!isVerified($body, getenv('RINGBACK_SECRET') ?: '')) {
    http_response_code(400);
    exit('No matching signature found');
}
// Objects, not arrays: of an array PHP cannot tell {} from [].
takeOnce(connect(), $_SERVER['HTTP_WEBHOOK_ID'], json_decode($body, flags: JSON_THROW_ON_ERROR));
http_response_code(204);

/** Standard Webhooks: HMAC-SHA256 over id.timestamp.body, one signature for each secret of the endpoint. */
function isVerified(string $body, string $secret): bool
{
    $id = $_SERVER['HTTP_WEBHOOK_ID'] ?? '';
    $timestamp = $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? '';
    $signatures = $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? '';
    if (!str_starts_with($secret, 'whsec_')) {
        throw new RuntimeException('RINGBACK_SECRET is not whsec_...: copy the secret of the endpoint');
    }
    if ($id === '' || !ctype_digit($timestamp) || abs(time() - (int) $timestamp) > TOLERANCE_SECONDS) {
        return false;
    }
    $key = base64_decode(substr($secret, strlen('whsec_')), true);
    $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $signatures) as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

function connect(): PDO
{
    $db = new PDO('sqlite:' . (getenv('DATABASE') ?: 'receiver.db'));
    $db->setAttribute(PDO::ATTR_ERRMODE, PDO::ERRMODE_EXCEPTION);
    $db->exec('PRAGMA busy_timeout = 10000');
    $db->exec('PRAGMA journal_mode = WAL');
    $db->exec(file_get_contents(__DIR__ . '/../schema.sql'));
    return $db;
}

/** One transaction: either the id is noted and the event applied, or neither, and Ringback sends it again. */
function takeOnce(PDO $db, string $webhookId, stdClass $event): void
{
    $db->exec('BEGIN IMMEDIATE');
    try {
        $insert = $db->prepare('INSERT OR IGNORE INTO received (webhook_id) VALUES (?)');
        $insert->execute([$webhookId]);
        if ($insert->rowCount() === 1) {
            apply($db, $event);
        }
        $db->exec('COMMIT');
    } catch (Throwable $error) {
        $db->exec('ROLLBACK');
        throw $error;
    }
}

function apply(PDO $db, stdClass $event): void
{
    if (str_starts_with($event->type, 'call.')) {
        applyCall($db, $event->version, $event->data);
    } else {
        applyRecord($db, $event);
    }
    if ($event->type === 'call.completed') {
        $text = 'Called: ' . ($event->data->outcome ?? 'unknown');
        $db->prepare('INSERT INTO notes (call_uuid, text) VALUES (?, ?)')->execute([$event->data->uuid, $text]);
    }
}

function applyCall(PDO $db, string $version, stdClass $data): void
{
    $key = $data->contact?->key;
    $upsert = $db->prepare(
        'INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (uuid) DO UPDATE SET
           version = excluded.version, outcome = excluded.outcome, number = excluded.number,
           contact_key = excluded.contact_key, campaign = excluded.campaign,
           started_at = excluded.started_at, answered_at = excluded.answered_at, ended_at = excluded.ended_at
         WHERE excluded.version > calls.version'
    );
    $upsert->execute([
        $data->uuid, $version, $data->outcome, $data->number, $key, $data->campaign->name,
        $data->startedAt, $data->answeredAt, $data->endedAt,
    ]);
    if ($key !== null) {
        $upsert = $db->prepare(
            'INSERT INTO contacts VALUES (?, ?, ?)
             ON CONFLICT (contact_key) DO UPDATE SET version = excluded.version, name = excluded.name
             WHERE excluded.version > contacts.version'
        );
        $upsert->execute([$key, $version, $data->contact->name]);
    }
}

function applyRecord(PDO $db, stdClass $event): void
{
    if (!isset($event->data->uuid)) {
        return; // source.gap and the other operational events are about no record.
    }
    [$kind, $action] = explode('.', $event->type, 2);
    $upsert = $db->prepare(
        'INSERT INTO records VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (uuid) DO UPDATE SET
           version = excluded.version, is_deleted = excluded.is_deleted, data = excluded.data
         WHERE excluded.version > records.version'
    );
    $isDeleted = (int) ($action === 'deleted');
    $upsert->execute([$event->data->uuid, $event->version, $kind, $isDeleted, json_encode($event->data)]);
}
